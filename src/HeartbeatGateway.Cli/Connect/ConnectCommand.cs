using System.CommandLine;
using System.Text;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Client;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Cli.Connect;

/// <summary><c>hbg connect</c>: runs one client and shows its events.</summary>
internal static class ConnectCommand
{
    public static Command Create(CliEnvironment environment)
    {
        var connection = new ConnectionOptionSet();
        var clientId = new Option<string?>("--client-id")
        {
            Description = "The client id, 1 to 128 characters of A-Z a-z 0-9 . _ : -. Default: an anonymous client.",
            HelpName = "id",
        };
        var type = new Option<string>("--type")
        {
            Description = "The type of the frames that carry the lines.",
            HelpName = "text",
            DefaultValueFactory = _ => "message",
        };
        var stay = Duration.Optional("--duration", "Disconnects after this time from the start. Default: at the end of the input, at /quit or Ctrl+C.");
        var giveUp = Duration.Optional(
            "--give-up-after", "Ends with exit code 4 when the first connection takes longer than this time. Default: no limit.");
        var flush = Duration.Option(
            "--flush-timeout",
            "At the end of the input or /quit, how long queued messages wait for a connection that takes the next one.",
            TimeSpan.FromSeconds(5));
        var ack = new Option<bool>("--ack")
        {
            Description = "The gateway is to acknowledge messages; they are sent again after a reconnect until it has. Needs --client-id.",
        };
        var json = new Option<bool>("--json") { Description = "Writes one JSON object per line." };
        var command = new Command(
            "connect",
            "Connects as a client and shows its events: states, heartbeats with round-trip times, messages. "
            + "Each input line is sent as a message; /help shows the other input commands.");
        foreach (var option in (Option[])[clientId, ack, type, stay, giveUp, flush, json]) command.Add(option);
        connection.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var isAcknowledged = parsed.GetValue(ack);
            var settings = new ConnectSettings(
                CheckType(parsed.GetRequiredValue(type), isAcknowledged), parsed.GetValue(stay), parsed.GetValue(giveUp), parsed.GetValue(flush), isAcknowledged);
            var options = connection.ForClient(parsed, await connection.ReadAsync(parsed, environment), parsed.GetValue(clientId)) with
            {
                InitialJitter = TimeSpan.Zero,
                Acknowledgements = isAcknowledged,
            };
            ConnectionOptionSet.Check(options);
            var delivery = new Delivery(environment.Time);
            using var measurements = new ClientMeasurements(delivery);
            await using var client = new GatewayClient(options, timeProvider: environment.Time, meterFactory: measurements);
            await RunAsync(client, delivery, parsed.GetValue(json), settings, environment, cancellation);
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static async Task RunAsync(
        GatewayClient client, Delivery delivery, bool isJson, ConnectSettings settings, CliEnvironment environment, CancellationToken cancellation)
    {
        if (!isJson && environment.Keyboard is { } keyboard)
        {
            var view = new TerminalConnectView(environment);
            await new ConnectSession(client, delivery, view, new TypedLines(keyboard, view), settings, environment.Time).RunAsync(cancellation);
            return;
        }

        IConnectView plain = isJson ? new JsonConnectView(environment) : new LineConnectView(environment);
        using var lines = new StreamLines(environment.Input);
        await new ConnectSession(client, delivery, plain, lines, settings, environment.Time).RunAsync(cancellation);
    }

    private static string CheckType(string type, bool isAcknowledged)
    {
        var kind = FrameKinds.Of(Encoding.UTF8.GetBytes(type));
        if (kind is FrameKind.Ping or FrameKind.Hello or FrameKind.Welcome or FrameKind.Close || (kind == FrameKind.Ack && isAcknowledged))
        {
            throw new CliException(ExitCode.Usage, $"--type is '{type}', which the protocol reserves; choose another type, such as message.");
        }

        return Encoding.UTF8.GetByteCount(type) <= FrameFormat.FieldLength
            ? type
            : throw new CliException(ExitCode.Usage, $"--type is longer than {FrameFormat.FieldLength} bytes.");
    }
}
