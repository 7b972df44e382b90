using System.CommandLine;
using System.Text;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Client;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Cli.Connect;

/// <summary><c>hbg connect</c>: one client, whose life is shown as it goes.</summary>
internal static class ConnectCommand
{
    public static Command Create(CliEnvironment surroundings)
    {
        var connection = new ConnectionOptionSet();
        var clientId = new Option<string?>("--client-id") { Description = "Who the client says it is, 1 to 128 of A-Z a-z 0-9 . _ : -. Without it the client stays anonymous.", HelpName = "id" };
        var type = new Option<string>("--type") { Description = "The type of the frames that carry the lines.", HelpName = "text", DefaultValueFactory = _ => "message" };
        var stay = Duration.Optional("--duration", "Says goodbye after so long. Default: when the input ends, or at /quit or Ctrl+C.");
        var giveUp = Duration.Optional("--give-up-after", "Ends with exit code 4 when it took longer to connect for the first time. Default: it tries for ever.");
        var json = new Option<bool>("--json") { Description = "Writes one JSON object a line." };
        var command = new Command("connect", "Connects as a client and shows what happens: states, heartbeats with their round-trip time, messages. Each line of the input is sent as a message; /help tells more.");
        foreach (var option in (Option[])[clientId, type, stay, giveUp, json]) command.Add(option);
        connection.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var settings = new ConnectSettings(CheckType(parsed.GetRequiredValue(type)), parsed.GetValue(stay), parsed.GetValue(giveUp));
            var options = await connection.ReadAsync(parsed, surroundings) with { ClientId = parsed.GetValue(clientId), InitialJitter = TimeSpan.Zero };
            ConnectionOptionSet.Check(options);
            await using var client = new GatewayClient(options, timeProvider: surroundings.Time);
            await RunAsync(client, parsed.GetValue(json), settings, surroundings, cancellation);
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static async Task RunAsync(GatewayClient client, bool isJson, ConnectSettings settings, CliEnvironment surroundings, CancellationToken cancellation)
    {
        if (!isJson && surroundings.Keyboard is { } keyboard)
        {
            var view = new TerminalConnectView(surroundings);
            await new ConnectSession(client, view, new TypedLines(keyboard, view), settings, surroundings.Time).RunAsync(cancellation);
            return;
        }

        IConnectView plain = isJson ? new JsonConnectView(surroundings) : new LineConnectView(surroundings);
        using var lines = new StreamLines(surroundings.Input);
        await new ConnectSession(client, plain, lines, settings, surroundings.Time).RunAsync(cancellation);
    }

    private static string CheckType(string type)
    {
        if (FrameKinds.Of(Encoding.UTF8.GetBytes(type)) is FrameKind.Ping or FrameKind.Hello or FrameKind.Welcome or FrameKind.Close)
        {
            throw new CliException(ExitCode.Usage, $"--type is '{type}', which the protocol keeps for itself; choose another one, such as message.");
        }

        return Encoding.UTF8.GetByteCount(type) <= FrameFormat.FieldLength
            ? type
            : throw new CliException(ExitCode.Usage, $"--type is longer than {FrameFormat.FieldLength} bytes.");
    }
}
