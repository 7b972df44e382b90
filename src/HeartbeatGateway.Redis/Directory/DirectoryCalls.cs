using HeartbeatGateway.Redis.Scripts;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>Calls of the directory to Redis, each bounded, and what they tell about Redis' health and clock.</summary>
internal sealed class DirectoryCalls(RedisConnection connection, RedisHealth health)
{
    /// <summary>A call can succeed now, as far as is known.</summary>
    public bool IsUp => connection.IsConnected && !health.IsDown;

    /// <summary>For tests: runs each script, and may delay it or lose its answer.</summary>
    internal Func<Func<Task<RedisResult>>, Task<RedisResult>> Run { get; set; } = run => run();

    /// <summary>For how long no call for the nodes' keys has failed.</summary>
    public TimeSpan NodesUpFor => health.UpFor(RedisHealth.NodeKeys);

    /// <summary>Runs a script.</summary>
    /// <param name="part">The partition of its keys, or <see cref="RedisHealth.NodeKeys"/>.</param>
    /// <param name="script">The script.</param>
    /// <param name="keys">Its keys.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>Its answer, which is an array.</returns>
    public Task<RedisResult> RunAsync(int part, DirectoryScript script, RedisKey[] keys, RedisValue[] arguments) =>
        CallAsync(part, d => Run(() => d.ScriptEvaluateAsync(script.Text, keys, arguments)));

    /// <summary>Calls Redis, with the bound of <see cref="RedisOptions.CallTimeout"/>.</summary>
    /// <param name="part">The partition of the keys, or <see cref="RedisHealth.NodeKeys"/>.</param>
    /// <param name="call">The call.</param>
    public async Task<T> CallAsync<T>(int part, Func<IDatabase, Task<T>> call)
    {
        try
        {
            var answer = await connection.CallAsync(call);
            health.Succeeded(part);
            return answer;
        }
        catch (Exception e) when (RedisConnection.IsFailure(e))
        {
            health.Failed(part, e);
            throw;
        }
    }
}
