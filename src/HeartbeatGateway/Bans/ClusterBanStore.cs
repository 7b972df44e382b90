using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Bans;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Bans;

/// <summary>
/// Changes bans and keeps them where all nodes of a cluster read them. A change is saved before it is in force. While the cluster cannot be reached the last known
/// bans stay, and changes fail. A cluster that has lost them gets them back. Thread-safe: one change at a time.
/// </summary>
internal sealed class ClusterBanStore(IHeartbeatGateway gateway, IClusterBans cluster, TimeProvider timeProvider, ILogger<ClusterBanStore> logger) : IBanChanges, IDisposable
{
    private const int MaxAttempts = 8;
    private const int MaxErrorChars = 4096;
    private const long NotSaved = -1;

    private readonly SemaphoreSlim _turn = new(1);
    private byte[]? _content;
    private HashSet<string> _saved = new(StringComparer.Ordinal);
    private long _savedVersion = gateway.Bans.Version;
    private string? _loggedFault;
    private bool _hasRead;

    private IGatewayBans Bans => gateway.Bans;

    public async Task<BanChange> TryAddAsync(Ban ban)
    {
        await _turn.WaitAsync();
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                await TakeInAsync();
                var refusal = Bans.Check(ban);
                if (refusal != BanRefusal.None) return new BanChange(refusal, null);
                var version = Bans.Version;
                if (await TrySaveAsync([ban, .. Bans.List().Where(b => b.Id != ban.Id)], NotSaved, attempt)) return Add(ban, version);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task<Ban?> RemoveAsync(string id)
    {
        await _turn.WaitAsync();
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                await TakeInAsync();
                var (version, bans) = (Bans.Version, Bans.List());
                if (bans.FirstOrDefault(b => b.Id == id) is not { } ban) return null;
                if (!await TrySaveAsync([.. bans.Where(b => b.Id != id)], NotSaved, attempt)) continue;
                Bans.Remove(id);
                _savedVersion = version + 1;
                return ban;
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Takes in what other nodes have changed, and saves automatic bans of this one. A fault is logged once. Never throws.</summary>
    public async Task LookAsync()
    {
        await _turn.WaitAsync();
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                await TakeInAsync();
                var version = Bans.Version;
                if (version == _savedVersion || await TrySaveAsync(Bans.List(), version, attempt)) break;
            }

            if (_loggedFault is not null) logger.ClusterBansUsable();
            _loggedFault = null;
        }
        catch (Exception e)
        {
            // What is in force stays. The next look is made when the cluster tells of a change, or asks for one.
            var fault = e is ClusterUnavailableException or BanFileException ? e.Message : e.ToString();
            if (fault != _loggedFault) LogFault(PrintableText.From(fault, MaxErrorChars).TrimEnd('.'));
            _loggedFault = fault;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private void LogFault(string fault)
    {
        if (_hasRead) logger.ClusterBansNotRead(fault);
        else logger.ClusterBansNotInForce(fault);
    }

    private BanChange Add(Ban ban, long version)
    {
        try
        {
            var effect = Bans.Add(ban);
            // An automatic ban that was made meanwhile has another version, and is saved by the next look.
            _savedVersion = version + 1;
            return new BanChange(BanRefusal.None, effect);
        }
        catch (InvalidOperationException)
        {
            // It has expired while it was written, or an automatic ban took the last place. The next look saves what is in force.
            var refusal = Bans.Check(ban);
            return new BanChange(refusal == BanRefusal.None ? BanRefusal.Full : refusal, null);
        }
    }

    private async Task TakeInAsync()
    {
        var content = await cluster.ReadAsync(CancellationToken.None);
        if (content is null)
        {
            _hasRead = true;
            // Redis came back empty: that lifts no ban. The next save writes those in force.
            if (_content is not null) (_content, _savedVersion) = (null, NotSaved);
            return;
        }

        if (_content is not null && content.AsSpan().SequenceEqual(_content)) return;
        var version = Bans.Version;
        try
        {
            var bans = BanFileFormat.Read(content, timeProvider.GetUtcNow());
            var closed = Bans.Replace(bans, _saved);
            (_content, _saved, _hasRead) = (content, IdsOf(bans), true);
            _savedVersion = Bans.List().All(b => _saved.Contains(b.Id)) ? version + 1 : NotSaved;
            logger.ClusterBansRead(bans.Count, closed);
        }
        catch (FormatException e)
        {
            throw new BanFileException($"The bans of the cluster cannot be used: {e.Message.TrimEnd('.')}. Correct the key in Redis, or delete it: then a node writes those in force.", e);
        }
        catch (ArgumentException e)
        {
            throw new BanFileException($"The bans of the cluster and those in force that are not saved yet are too many: {e.Message}", e);
        }
    }

    /// <returns>False when another node has changed them meanwhile.</returns>
    private async Task<bool> TrySaveAsync(IReadOnlyList<Ban> bans, long version, int attempt)
    {
        var content = BanFileFormat.Write(bans);
        try
        {
            await cluster.WriteAsync(content, _content, CancellationToken.None);
        }
        catch (ClusterConflictException e)
        {
            return attempt < MaxAttempts ? false : throw new ClusterUnavailableException("Other nodes change the bans at the same time; try again.", e);
        }

        (_content, _saved, _savedVersion) = (content, IdsOf(bans), version);
        return true;
    }

    private static HashSet<string> IdsOf(IEnumerable<Ban> bans) => bans.Select(b => b.Id).ToHashSet(StringComparer.Ordinal);
}
