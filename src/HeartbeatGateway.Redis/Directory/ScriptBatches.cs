using HeartbeatGateway.Redis.Scripts;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>
/// Runs one batch of a script, and does what all three have in common: counts it, and notes Redis' clock and the partition's marker, its first two answers.
/// </summary>
internal sealed class ScriptBatches(DirectoryCalls calls, DirectoryMetrics metrics, RedisClock clock, BootMarkers markers, TimeProvider timeProvider)
{
    /// <summary>Runs a batch.</summary>
    /// <returns>The script's answers, without the first two.</returns>
    public async Task<RedisResult[]> RunAsync(
        DirectoryOperation operation, DirectoryScript script, int partition, int count, RedisKey[] keys, RedisValue[] arguments)
    {
        var started = timeProvider.GetTimestamp();
        var isOk = false;
        try
        {
            var answers = ((RedisResult[]?)await calls.RunAsync(partition, script, keys, arguments))!;
            if (answers.Length != count + 2) throw new RedisException($"The script {script.Name} gave {answers.Length} answers for {count} operations.");
            clock.Note(partition, (long)answers[0]);
            markers.Note(partition, (string?)answers[1] ?? "");
            isOk = true;
            return answers[2..];
        }
        finally
        {
            metrics.Batch(operation, count, isOk, timeProvider.GetElapsedTime(started));
        }
    }
}
