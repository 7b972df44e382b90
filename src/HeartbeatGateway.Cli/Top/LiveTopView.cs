using Spectre.Console;

namespace HeartbeatGateway.Cli.Top;

/// <summary>One table that is drawn over again.</summary>
internal sealed class LiveTopView(LiveDisplayContext display, Uri address) : ITopView
{
    private TopSnapshot? _last;

    public Task ShowAsync(TopSnapshot snapshot)
    {
        _last = snapshot;
        display.UpdateTarget(TopTable.Of(snapshot, address, failure: null));
        return Task.CompletedTask;
    }

    public Task ShowFailureAsync(string message)
    {
        if (_last is not null) display.UpdateTarget(TopTable.Of(_last, address, message));
        return Task.CompletedTask;
    }
}
