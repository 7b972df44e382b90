using Spectre.Console;

namespace HeartbeatGateway.Cli.Top;

/// <summary>Redraws one table for each snapshot.</summary>
internal sealed class LiveTopView(LiveDisplayContext display, Uri address, Func<int?> width) : ITopView
{
    private TopSnapshot? _last;

    public Task ShowAsync(TopSnapshot snapshot)
    {
        _last = snapshot;
        display.UpdateTarget(TopTable.Of(snapshot, address, failure: null, width()));
        return Task.CompletedTask;
    }

    public Task ShowFailureAsync(string message)
    {
        if (_last is not null) display.UpdateTarget(TopTable.Of(_last, address, message, width()));
        return Task.CompletedTask;
    }
}
