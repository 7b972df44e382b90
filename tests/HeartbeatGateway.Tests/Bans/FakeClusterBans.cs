using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Tests.Bans;

/// <summary>A cluster in memory.</summary>
internal sealed class FakeClusterBans : IClusterBans
{
    public event EventHandler? Changed;

    public byte[]? Content { get; set; }

    public bool IsAway { get; set; }

    public Func<Task>? BeforeWrite { get; set; }

    public Task<byte[]?> ReadAsync(CancellationToken cancellationToken) =>
        IsAway ? throw new ClusterUnavailableException("away") : Task.FromResult(Content);

    public async Task WriteAsync(byte[] content, byte[]? expected, CancellationToken cancellationToken)
    {
        if (IsAway) throw new ClusterUnavailableException("away");
        if (BeforeWrite is { } before)
        {
            BeforeWrite = null;
            await before();
        }

        if (!(Content ?? []).AsSpan().SequenceEqual(expected ?? [])) throw new ClusterConflictException("changed");
        Content = content;
        Changed?.Invoke(this, EventArgs.Empty);
    }
}
