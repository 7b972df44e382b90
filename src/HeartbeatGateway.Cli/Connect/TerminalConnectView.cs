using System.Globalization;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Client;
using Spectre.Console;

namespace HeartbeatGateway.Cli.Connect;

/// <summary>Shows events in colour, above an input line.</summary>
internal sealed class TerminalConnectView(CliEnvironment environment) : IConnectView
{
    private const string Prompt = "> ";
    private const string ClearLine = "\r\u001b[2K";

    private readonly IAnsiConsole _console = environment.Draw(environment.Out);
    private readonly Lock _lock = new();
    private string _typed = "";
    private bool _hasEnded;

    public void State(GatewayClientState state) => Write(EventText.Of(state), state.Status switch
    {
        GatewayClientStatus.Connected => Color.Green,
        GatewayClientStatus.Waiting or GatewayClientStatus.Stopped => Color.Red,
        _ => Color.Yellow,
    });

    public void Heartbeat(TimeSpan rtt) => Write(EventText.Heartbeat(rtt), Color.Grey);

    public void Received(GatewayClientMessage message) => Write(EventText.Received(message), Color.Aqua);

    public void Sent(string type, int bytes) => Write(EventText.Sent(type, bytes), Color.Blue);

    public void Acknowledged(string type, int bytes, long number, TimeSpan after) => Write(EventText.Acknowledged(type, bytes, number, after), Color.Blue);

    public void Dropped(MessageDropReason reason, long count) => Write(EventText.Dropped(reason, count), Color.Red);

    public void Note(string text) => Write(text, Color.Default);

    public void End(ConnectSummary summary)
    {
        lock (_lock)
        {
            _hasEnded = true;
            environment.Out.Write(ClearLine);
        }

        Write(EventText.End(summary), Color.Default);
    }

    /// <summary>Shows the typed part of the input line.</summary>
    public void Typed(string text)
    {
        lock (_lock)
        {
            _typed = Printable.From(text);
            DrawPrompt();
        }
    }

    private void Write(string text, Color colour)
    {
        var time = environment.Time.GetLocalNow().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
        lock (_lock)
        {
            environment.Out.Write(ClearLine);
            _console.MarkupLine($"[dim]{time}[/] [{colour.ToMarkup()}]{Markup.Escape(text)}[/]");
            if (!_hasEnded) DrawPrompt();
        }
    }

    private void DrawPrompt()
    {
        // A line longer than the terminal wraps and can no longer be cleared, so only its end is shown.
        var room = Math.Max(_console.Profile.Width - Prompt.Length - 1, 1);
        var shown = _typed.Length <= room ? _typed : _typed[^room..];
        environment.Out.Write($"{ClearLine}{Prompt}{shown}");
        environment.Out.Flush();
    }
}
