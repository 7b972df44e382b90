using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Bans;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Bans;

/// <summary>
/// Changes bans and keeps them in a file, when one is set. A change is saved before it is in force, so that none is half applied. What was written
/// into the file by hand is taken in before anything is written. Thread-safe: one change at a time.
/// </summary>
internal sealed class BanStore(IHeartbeatGateway gateway, ServiceOptions options, TimeProvider timeProvider, ILogger<BanStore> logger) : IBanChanges
{
    private const int MaxErrorChars = 4096;
    private const long NotSaved = -1;

    private readonly Lock _changing = new();
    private readonly BanFile? _file = string.IsNullOrEmpty(options.Bans.File) ? null : new BanFile(options.Bans.File);
    private HashSet<string> _saved = new(StringComparer.Ordinal);
    private string? _stamp;
    private long _savedVersion;
    private string? _lastFault;
    private string? _loggedFault;

    private IGatewayBans Bans => gateway.Bans;

    /// <summary>Why a start with these options fails; null when it does not.</summary>
    public static string? FindStartFault(BanOptions options)
    {
        try
        {
            if (!string.IsNullOrEmpty(options.File)) new BanFile(options.File).Read(TimeProvider.System.GetUtcNow());
            return null;
        }
        catch (BanFileException e)
        {
            return e.Message;
        }
    }

    /// <summary>Reads the file, once, at the start.</summary>
    /// <exception cref="GatewayOptionsException">The file cannot be used: a gateway does not start with fewer bans than it was told of.</exception>
    public void Load()
    {
        if (_file is null) return;
        lock (_changing)
        {
            try
            {
                TakeIn();
            }
            catch (BanFileException e)
            {
                throw new GatewayOptionsException([e.Message]);
            }
        }

        if (_file.FindWriteFault() is { } fault) logger.BansNotSaved(fault.Message);
    }

    /// <summary>Adds a ban or replaces the one with its id, and closes the connections that it matches.</summary>
    /// <param name="ban">The ban.</param>
    /// <param name="effect">What it did; null when it was refused.</param>
    /// <exception cref="BanFileException">It cannot be saved; nothing has changed.</exception>
    public BanRefusal TryAdd(Ban ban, out BanEffect? effect)
    {
        effect = null;
        lock (_changing)
        {
            TakeIn();
            var refusal = Bans.Check(ban);
            if (refusal != BanRefusal.None) return refusal;
            var version = Bans.Version;
            Save([ban, .. Bans.List().Where(b => b.Id != ban.Id)], NotSaved);
            try
            {
                effect = Bans.Add(ban);
            }
            catch (InvalidOperationException)
            {
                // It has expired while it was written, or an automatic ban took the last place. The next look saves what is in force.
                refusal = Bans.Check(ban);
                return refusal == BanRefusal.None ? BanRefusal.Full : refusal;
            }

            // An automatic ban that was made meanwhile has another version, and is saved by the next look.
            _savedVersion = version + 1;
            return BanRefusal.None;
        }
    }

    /// <summary>Removes a ban.</summary>
    /// <returns>The ban; null when there is none with this id.</returns>
    /// <exception cref="BanFileException">The change cannot be saved; nothing has changed.</exception>
    public Ban? Remove(string id)
    {
        lock (_changing)
        {
            TakeIn();
            var version = Bans.Version;
            var bans = Bans.List();
            if (bans.FirstOrDefault(b => b.Id == id) is not { } ban) return null;
            Save(bans.Where(b => b.Id != id), NotSaved);
            Bans.Remove(id);
            _savedVersion = version + 1;
            return ban;
        }
    }

    // Each may wait for the file system, so not on the caller's thread.
    public Task<BanChange> TryAddAsync(Ban ban) => Task.Run(() => new BanChange(TryAdd(ban, out var effect), effect));

    public Task<Ban?> RemoveAsync(string id) => Task.Run(() => Remove(id));

    /// <summary>
    /// Takes in what was changed by hand, and saves automatic bans. Logs a fault once, when it is found twice in a row: a program may be writing the file.
    /// </summary>
    public void Look()
    {
        if (_file is null) return;
        lock (_changing)
        {
            try
            {
                TakeIn();
            }
            catch (BanFileException e)
            {
                Report(e, logger.BanFileRefused);
                return;
            }

            try
            {
                var version = Bans.Version;
                if (version != _savedVersion) Save(Bans.List(), version);
                if (_loggedFault is not null) logger.BanFileUsable(_file.FullPath);
                _loggedFault = _lastFault = null;
            }
            catch (BanFileException e)
            {
                Report(e, logger.BansNotSaved);
            }
        }
    }

    /// <summary>Replaces the bans that were read or saved by those in the file, if it has changed. A file that is gone changes nothing.</summary>
    private void TakeIn()
    {
        if (_file is null || _file.Stamp() is not { } stamp || stamp == _stamp) return;
        if (_file.Read(timeProvider.GetUtcNow()) is not { } reading) return;
        var version = Bans.Version;
        try
        {
            Bans.Replace(reading.Bans, _saved);
        }
        catch (ArgumentException e)
        {
            throw new BanFileException($"The bans in {_file.FullPath} and those in force that are not saved yet are too many: {e.Message}", e);
        }

        (_stamp, _saved) = (reading.Stamp, IdsOf(reading.Bans));
        _savedVersion = Bans.List().All(b => _saved.Contains(b.Id)) ? version + 1 : NotSaved;
        logger.BansRead(_file.FullPath, reading.Bans.Count);
    }

    private void Save(IEnumerable<Ban> bans, long version)
    {
        if (_file is null) return;
        var list = bans.ToList();
        _stamp = _file.Write(list);
        (_saved, _savedVersion) = (IdsOf(list), version);
    }

    private void Report(BanFileException fault, Action<string> log)
    {
        var isConfirmed = fault.Message == _lastFault;
        _lastFault = fault.Message;
        if (!isConfirmed || fault.Message == _loggedFault) return;
        _loggedFault = fault.Message;
        log(PrintableText.From(fault.Message, MaxErrorChars));
    }

    private static HashSet<string> IdsOf(IEnumerable<Ban> bans) => bans.Select(b => b.Id).ToHashSet(StringComparer.Ordinal);
}
