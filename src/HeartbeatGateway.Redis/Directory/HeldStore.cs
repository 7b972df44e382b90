using HeartbeatGateway.Redis.Scripts;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>Holds messages for clients that are connected nowhere, within bounds.</summary>
internal sealed class HeldStore(DirectoryCalls calls, RedisKeys keys)
{
    /// <summary>Messages for one client at most.</summary>
    public const int MaxMessages = 100;

    /// <summary>Bytes for one client at most, with about 14 bytes of each message for its end.</summary>
    public const long MaxBytes = 256 * 1024;

    /// <summary>Messages were held for a client that is connected: the arguments are the client and the epoch of its node.</summary>
    public Action<string, string>? HeldForConnected { get; set; }

    /// <summary>Holds a message.</summary>
    /// <returns>False when as much is held for the client as may be.</returns>
    public async Task<bool> HoldAsync(string clientId, ReadOnlyMemory<byte> message, TimeSpan timeToLive)
    {
        var partition = RedisKeys.PartitionOf(clientId);
        RedisValue[] arguments = [MaxMessages, MaxBytes, clientId, Math.Max(1, (long)timeToLive.TotalMilliseconds), message];
        RedisKey[] names = [keys.Held(partition, clientId), keys.Directory(partition)];
        var answer = ((RedisResult[]?)await calls.RunAsync(partition, LuaScripts.Hold, names, arguments))!;
        if ((int)answer[0] == 0) return false;
        if ((string?)answer[1] is { Length: > 0 } epoch) HeldForConnected?.Invoke(clientId, epoch);
        return true;
    }
}
