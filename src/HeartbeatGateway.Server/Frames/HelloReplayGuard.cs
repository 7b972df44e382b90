namespace HeartbeatGateway.Server.Frames;

/// <summary>
/// Remembers the tokens of accepted hellos for as long as their dates could be accepted again, by the monotonic clock and by the wall clock: a clock
/// that is set back makes old dates valid again. Bounded in memory; beyond the bound the oldest token of the key with the most tokens is dropped, so
/// that a client floods its own key only. Thread-safe.
/// </summary>
/// <param name="second">A second, in units of the monotonic clock.</param>
/// <param name="capacity">The largest number of tokens.</param>
internal sealed class HelloReplayGuard(long second, int capacity = HelloReplayGuard.DefaultCapacity)
{
    /// <summary>A fleet of a million clients that reconnects at once. 36 MiB in all, see <see cref="HelloTokenTable.BytesPerToken"/>.</summary>
    public const int DefaultCapacity = 1024 * 1024;

    /// <summary>Up to this number, tokens are kept although their time is over: the wall clock may be set back by hours. 2.3 MiB.</summary>
    private const int Retained = 64 * 1024;

    /// <summary>Above that number, tokens are kept for so many seconds more: clocks are mostly corrected by seconds.</summary>
    private const int Slack = 60;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, KeyTokens> _keys = new(StringComparer.Ordinal);
    private HelloTokenTable _table = new();
    private long? _epoch;
    private long _now;
    private long _unixNow;
    private long _nextPrune;
    private long _extension;

    /// <summary>The memory that the tokens take at most, in bytes.</summary>
    public long MaxBytes => (long)capacity * HelloTokenTable.BytesPerToken;

    /// <summary>The memory that the tokens take now, in bytes.</summary>
    public long Bytes
    {
        get { lock (_lock) return (long)_table.Room * HelloTokenTable.BytesPerToken; }
    }

    /// <summary>Records a verified token.</summary>
    /// <param name="keyId">The id of the key that verified it.</param>
    /// <param name="token">The trimmed token. The key id before the dot is not signed, so it is ignored.</param>
    /// <param name="now">The current timestamp.</param>
    /// <param name="unixSeconds">The current date, in seconds since 1970-01-01 UTC.</param>
    /// <param name="secondsLeft">How long the frame may still be accepted, in seconds.</param>
    /// <returns>False when the token was recorded before, under any key.</returns>
    public bool TryAccept(string keyId, ReadOnlySpan<byte> token, long now, long unixSeconds, long secondsLeft)
    {
        var fingerprint = HelloTokenTable.Fingerprint.Of(token[(token.IndexOf((byte)'.') + 1)..]);
        lock (_lock)
        {
            _epoch ??= now;
            _now = (now - _epoch.Value) / second;
            _unixNow = unixSeconds;
            // Rounded up, since the current second is rounded down.
            var forgetAt = Clamp(((now - _epoch.Value + second - 1) / second) + secondsLeft);
            var validUntil = Clamp(unixSeconds + secondsLeft);
            var known = _table.Find(fingerprint);
            if (known != HelloTokenTable.None)
            {
                ref var entry = ref _table[known];
                if (!IsOver(entry, slack: 0)) return false;
                (entry.ForgetAt, entry.ValidUntil) = (forgetAt, validUntil);
                return true;
            }

            if (!_keys.TryGetValue(keyId, out var key)) _keys[keyId] = key = new KeyTokens();
            MakeRoom(key);
            Append(key, _table.Add(fingerprint, forgetAt, validUntil));
            return true;
        }
    }

    /// <summary>Extends the lifetime of all recorded tokens, because frames are now accepted for longer.</summary>
    /// <param name="seconds">The extension, in seconds.</param>
    public void Extend(long seconds)
    {
        lock (_lock) _extension += seconds;
    }

    private static uint Clamp(long seconds) => (uint)Math.Clamp(seconds, 0, uint.MaxValue);

    private bool IsOver(in HelloTokenTable.Entry entry, int slack) =>
        entry.ForgetAt + _extension + slack < _now && entry.ValidUntil + _extension + slack < _unixNow;

    private void MakeRoom(KeyTokens key)
    {
        if (_table.Room > Retained && (_table.Count == _table.Room || _now >= _nextPrune)) Prune();
        if (_table.Count < _table.Room) return;
        if (_table.Room < capacity) _table.Grow(capacity);
        // A key within its share never loses a token to another one: when all are taken, another key is above its share.
        else Drop(key.Count >= capacity / Math.Max(1, _keys.Values.Count(k => k.Count > 0)) ? key : _keys.Values.MaxBy(k => k.Count)!);
    }

    /// <summary>Drops the tokens whose time is over, oldest first, and gives back memory that was needed for a burst.</summary>
    private void Prune()
    {
        _nextPrune = _now + Slack;
        foreach (var key in _keys.Values)
        {
            while (key.Count > 0 && IsOver(_table[key.First], Slack)) Drop(key);
        }

        if (_table.Count >= _table.Room / 4) return;
        var old = _table;
        _table = new HelloTokenTable();
        foreach (var key in _keys.Values)
        {
            var index = key.First;
            (key.First, key.Last, key.Count) = (HelloTokenTable.None, HelloTokenTable.None, 0);
            while (index != HelloTokenTable.None)
            {
                var entry = old[index];
                if (_table.Count == _table.Room) _table.Grow(capacity);
                Append(key, _table.Add(entry.Token, entry.ForgetAt, entry.ValidUntil));
                index = entry.NextOfKey;
            }
        }
    }

    private void Append(KeyTokens key, int index)
    {
        if (key.Count++ == 0) key.First = index;
        else _table[key.Last].NextOfKey = index;
        key.Last = index;
    }

    private void Drop(KeyTokens key)
    {
        var oldest = key.First;
        key.First = _table[oldest].NextOfKey;
        key.Count--;
        _table.Remove(oldest);
    }

    /// <summary>The tokens of one key, oldest first.</summary>
    private sealed class KeyTokens
    {
        public int First { get; set; } = HelloTokenTable.None;

        public int Last { get; set; } = HelloTokenTable.None;

        public int Count { get; set; }
    }
}
