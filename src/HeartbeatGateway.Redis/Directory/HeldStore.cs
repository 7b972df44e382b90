using HeartbeatGateway.Redis.Scripts;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>Keeps messages and delivery state for clients that are connected nowhere, within bounds.</summary>
internal sealed class HeldStore(DirectoryCalls calls, RedisKeys keys)
{
    /// <summary>Messages for one client at most.</summary>
    public const int MaxMessages = 100;

    /// <summary>Bytes for one client at most, with about 14 bytes of each message for its end.</summary>
    public const long MaxBytes = 256 * 1024;

    /// <summary>How long state is kept that could not be given to the connection for which it was taken.</summary>
    public static readonly TimeSpan KeepReturned = TimeSpan.FromMinutes(10);

    /// <summary>Messages were held for a client that is connected: the arguments are the client and the epoch of its node.</summary>
    public Action<string, string>? HeldForConnected { get; set; }

    /// <summary>Holds messages.</summary>
    /// <returns>How many were held.</returns>
    public async Task<int> HoldAsync(string clientId, IReadOnlyList<ReadOnlyMemory<byte>> messages, TimeSpan timeToLive)
    {
        var partition = RedisKeys.PartitionOf(clientId);
        List<RedisValue> arguments = [MaxMessages, MaxBytes, clientId];
        foreach (var message in messages) arguments.AddRange([Math.Max(1, (long)timeToLive.TotalMilliseconds), message]);
        RedisKey[] names = [keys.Held(partition, clientId), keys.Directory(partition)];
        var answer = ((RedisResult[]?)await calls.RunAsync(partition, LuaScripts.Hold, names, [.. arguments]))!;
        var count = (int)answer[0];
        if (count > 0 && (string?)answer[1] is { Length: > 0 } epoch) HeldForConnected?.Invoke(clientId, epoch);
        return count;
    }

    /// <summary>Keeps what was taken for a connection that does not take it, for the client's next one.</summary>
    public async Task ReturnAsync(string clientId, ReadOnlyMemory<byte> delivery, IReadOnlyList<ReadOnlyMemory<byte>> held)
    {
        var partition = RedisKeys.PartitionOf(clientId);
        if (!delivery.IsEmpty) await calls.CallAsync(partition, d => d.StringSetAsync(keys.Delivery(partition, clientId), delivery, KeepReturned));
        if (held.Count > 0) await HoldAsync(clientId, held, KeepReturned);
    }
}
