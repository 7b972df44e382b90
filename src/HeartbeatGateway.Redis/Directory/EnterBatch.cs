using HeartbeatGateway.Redis.Scripts;
using HeartbeatGateway.Server.Clusters;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>Hellos for Enter.lua.</summary>
internal sealed class EnterBatch(ScriptBatches batches, KeptTaker taker, RedisKeys keys, NodeIdentity node, RedisOptions options, RedisClock clock)
{
    /// <summary>Enters clients of a partition.</summary>
    public async Task<IReadOnlyList<EnterAnswer>> RunAsync(int partition, IReadOnlyList<ClusterHello> hellos)
    {
        var epoch = node.Self.Epoch;
        var names = new List<RedisKey>(5 + (4 * hellos.Count))
        {
            keys.Directory(partition), keys.Events(partition), keys.Epochs(partition), keys.NodeEntries(partition, epoch), keys.Boot(partition),
        };
        // Later than that, the call has failed and nobody learns its answer.
        var sent = clock.NowOf(partition);
        var deadline = sent == 0 ? 0 : sent + (long)options.CallTimeout.TotalMilliseconds;
        var arguments = new List<RedisValue>(6 + (11 * hellos.Count)) { epoch, options.NodeName, BootMarkers.Draw(), options.MaxEvents, sent, deadline };
        foreach (var hello in hellos)
        {
            var ended = keys.Ended(partition, hello.ClientId);
            // Without a token nothing is claimed, and the key is not used.
            var claimFor = hello.TokenFingerprint is null ? 0 : Math.Max(1, (long)hello.ClaimFor.TotalMilliseconds);
            names.AddRange([ended, keys.Delivery(partition, hello.ClientId), keys.Held(partition, hello.ClientId),
                hello.TokenFingerprint is { } fingerprint ? keys.Claim(partition, fingerprint) : ended]);
            arguments.AddRange([hello.ClientId, hello.ConnectionId, hello.Instance ?? "", hello.Attempt, hello.Resume ?? "", hello.NewSession, hello.Floor,
                node.ClaimOf(hello.ConnectionId), claimFor, EntryFields.Required(node, hello.ConnectionId),
                EntryFields.Optional(hello.Instance, hello.Attempt)]);
        }

        var answers = await batches.RunAsync(DirectoryOperation.Enter, LuaScripts.Enter, partition, hellos.Count, [.. names], [.. arguments]);
        return [.. answers.Select(a => Read(((RedisResult[]?)a)!, epoch))];
    }

    /// <summary>Takes what an answer has of the client, when a connection waits for it.</summary>
    public KeptTaker.Taking Take(string clientId, EnterAnswer answer) => taker.Take(clientId, answer.Stored);

    private static EnterAnswer Read(RedisResult[] answer, string epoch)
    {
        var entry = Read(answer);
        return new EnterAnswer(entry, epoch, entry.Kind == ClusterEntryKind.Entered ? StoredKept.Read(answer[10], answer.AsSpan(11)) : StoredKept.None);
    }

    private static ClusterEntry Read(RedisResult[] answer) => (string?)answer[0] switch
    {
        "replayed" => new ClusterEntry(ClusterEntryKind.Replayed),
        "abandoned" => new ClusterEntry(ClusterEntryKind.Abandoned),
        "late" => new ClusterEntry(ClusterEntryKind.Degraded),
        _ => new ClusterEntry(ClusterEntryKind.Entered)
        {
            Generation = (long)answer[1],
            Previous = (string?)answer[2] is { Length: > 0 } epoch ? ReadPrevious(epoch, answer) : null,
        },
    };

    private static ClusterPrevious ReadPrevious(string epoch, RedisResult[] answer) => new(epoch, ((string?)answer[3])!, ((string?)answer[4])!, (long)answer[5])
    {
        WasConnected = (string?)answer[6] == "1",
        Instance = (string?)answer[7] is { Length: > 0 } instance ? instance : null,
        LastByteAge = (string?)answer[8] is { Length: > 0 } ? TimeSpan.FromMilliseconds((long)answer[8]) : null,
        Reconnects = (int)answer[9],
    };
}

/// <summary>The answer to a hello.</summary>
/// <param name="Entry">The answer.</param>
/// <param name="Epoch">The epoch under which the client was entered.</param>
/// <param name="Stored">What Redis keeps for it.</param>
internal sealed record EnterAnswer(ClusterEntry Entry, string Epoch, StoredKept Stored);
