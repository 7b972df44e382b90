using System.Globalization;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Client;
using Spectre.Console;

namespace HeartbeatGateway.Cli.Connect;

/// <summary>Events in colour, above a line that a person types into.</summary>
internal sealed class TerminalConnectView(CliEnvironment surroundings) : IConnectView
{
    private const string Prompt = "> ";
    private const string ClearLine = "\r\u001b[2K";

    private readonly IAnsiConsole _console = surroundings.Draw(surroundings.Out);
    private readonly Lock _lock = new();
    private string _typed = "";
    private bool _hasEnded;

    public void State(GatewayClientState state) => Write(EventText.Of(state), state.Status switch
    {
        GatewayClientStatus.Connected => Color.Green,
        GatewayClientStatus.Waiting or GatewayClientStatus.Stopped => Color.Red,
        _ => Color.Yellow,
    });

    public void Beat(TimeSpan rtt) => Write(EventText.Beat(rtt), Color.Grey);

    public void Received(GatewayClientMessage message) => Write(EventText.Received(message), Color.Aqua);

    public void Sent(string type, int bytes) => Write(EventText.Sent(type, bytes), Color.Blue);

    public void Note(string text) => Write(text, Color.Default);

    public void End(ConnectSummary summary)
    {
        lock (_lock)
        {
            _hasEnded = true;
            surroundings.Out.Write(ClearLine);
        }

        Write(EventText.End(summary), Color.Default);
    }

    /// <summary>Shows what has been typed so far.</summary>
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
        var time = surroundings.Time.GetLocalNow().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
        lock (_lock)
        {
            surroundings.Out.Write(ClearLine);
            _console.MarkupLine($"[dim]{time}[/] [{colour.ToMarkup()}]{Markup.Escape(text)}[/]");
            if (!_hasEnded) DrawPrompt();
        }
    }

    private void DrawPrompt()
    {
        // A line that is longer than the terminal would wrap, and could not be cleared any more: its end is shown.
        var room = Math.Max(_console.Profile.Width - Prompt.Length - 1, 1);
        var shown = _typed.Length <= room ? _typed : _typed[^room..];
        surroundings.Out.Write($"{ClearLine}{Prompt}{shown}");
        surroundings.Out.Flush();
    }
}
