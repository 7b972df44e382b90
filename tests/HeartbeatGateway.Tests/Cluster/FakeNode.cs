using System.Globalization;
using System.Text;
using System.Text.Json;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Tests.Cluster;

/// <summary>How an imaginary node answers.</summary>
public enum FakeNodeMood
{
    Good,
    Unreachable,
    Unknown,
    Failing,
    Nonsense,
}

/// <summary>An imaginary node with clients that are entries of its lists, in the order in which they connected.</summary>
internal sealed class FakeNode(string name, int clients, FakeNodeMood mood = FakeNodeMood.Good, string? epoch = null)
{
    private static readonly DateTimeOffset Epoch0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public ClusterNode Node { get; } = new(epoch ?? $"epoch-of-{name}", name) { StartedAt = Epoch0, Version = "1.2.3" };

    public FakeNodeMood Mood { get; set; } = mood;

    /// <summary>The questions that it was asked: verb and body.</summary>
    public List<(string Verb, JsonElement Body)> Questions { get; } = [];

    /// <summary>The most entries that it gave in one answer.</summary>
    public int LargestAnswer { get; private set; }

    private string Run { get; } = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..16];

    public string IdOf(int i) => $"{name}-{i:00000}";

    public NodeAnswer Answer(string verb, ReadOnlyMemory<byte> body)
    {
        lock (Questions) Questions.Add((verb, JsonDocument.Parse(body).RootElement));
        return Mood switch
        {
            FakeNodeMood.Unreachable => new NodeAnswer(NodeAnswerKind.Unreachable, default),
            FakeNodeMood.Unknown => new NodeAnswer(NodeAnswerKind.Unknown, default),
            FakeNodeMood.Failing => new NodeAnswer(NodeAnswerKind.Failed, default),
            FakeNodeMood.Nonsense => new NodeAnswer(NodeAnswerKind.Answered, "{\"run\":[]}"u8.ToArray()),
            _ => new NodeAnswer(NodeAnswerKind.Answered, Encoding.UTF8.GetBytes(Good(verb, JsonDocument.Parse(body).RootElement))),
        };
    }

    private string Good(string verb, JsonElement question) => verb switch
    {
        "status" => $$"""{"version":"1.2.3","startedAt":"2026-01-01T00:00:00+00:00","connectedClients":{{clients}},"openConnections":{{clients + 1}},"isDraining":false,"aNewField":1}""",
        "broadcast" => $$"""{"queued":{{clients}}}""",
        "list_clients" => List(question, isDescending: question.GetProperty("parameters").TryGetProperty("order", out var order) && order.GetString() == "desc"),
        "list_disconnects" => List(question, isDescending: true),
        "list_presence" => Presence(question),
        "show_client" => Show(question),
        "close" => Close(question),
        _ => throw new NotSupportedException(verb),
    };

    private string List(JsonElement question, bool isDescending)
    {
        var limit = question.GetProperty("parameters").TryGetProperty("limit", out var text) ? int.Parse(text.GetString()!, CultureInfo.InvariantCulture) : 100;
        var sequences = Enumerable.Range(1, clients);
        if (isDescending) sequences = sequences.Reverse();
        if (question.GetProperty("positions").TryGetProperty(Run, out var position))
        {
            var after = position.GetProperty("value").GetInt64();
            sequences = sequences.Where(i => isDescending ? i < after : i > after);
        }

        var part = sequences.Take(limit + 1).ToList();
        LargestAnswer = Math.Max(LargestAnswer, Math.Min(part.Count, limit));
        return $$"""{"run":"{{Run}}","entries":[{{string.Join(',', part.Take(limit).Select(Entry))}}],"hasMore":{{(part.Count > limit ? "true" : "false")}}}""";
    }

    /// <summary>Pages of 1,000, as a gateway gives them.</summary>
    private string Presence(JsonElement question)
    {
        var after = question.TryGetProperty("after", out var position) ? position.GetProperty("sequence").GetInt32() : 0;
        var part = Enumerable.Range(1, clients).Where(i => i > after).Take(1000).ToList();
        LargestAnswer = Math.Max(LargestAnswer, part.Count);
        var next = part.Count > 0 && part[^1] < clients ? $$"""{"value":{{part[^1]}},"sequence":{{part[^1]}}}""" : "null";
        return $$"""{"clients":[{{string.Join(',', part.Select(Present))}}],"next":{{next}},"aNewField":1}""";
    }

    private string Present(int i) =>
        $$"""{"clientId":"{{IdOf(i)}}","connectionId":"{{i}}","generation":{{i}},"sessionId":"5e0d","address":"192.0.2.1","node":"{{name}}","aNewField":true}""";

    /// <summary>Clients of all nodes connected in turns, a second after each other.</summary>
    private string Entry(int i) =>
        $$$"""{"order":{{{Epoch0.AddSeconds(i).AddMilliseconds(name[^1]).UtcTicks}}},"position":{"value":{{{i}}},"sequence":{{{i}}}},"entry":{"connectionId":"{{{i}}}","node":"{{{name}}}","clientId":"{{{IdOf(i)}}}","aNewField":true}}""";

    private string Show(JsonElement question)
    {
        var connection = question.TryGetProperty("connectionId", out var number) ? number.GetString() : "7";
        var isOpen = question.TryGetProperty("connectionId", out _) || (question.TryGetProperty("clientId", out var id) && id.GetString()!.StartsWith(name, StringComparison.Ordinal));
        return isOpen ? $$$"""{"connection":{"connection":{"connectionId":"{{{connection}}}","node":"{{{name}}}"},"transport":"tcp"}}""" : "{}";
    }

    private string Close(JsonElement question)
    {
        var isDryRun = question.TryGetProperty("dryRun", out var dry) && dry.GetBoolean();
        var result = isDryRun ? "matched" : "closed";
        List<string> ids = question.TryGetProperty("ids", out var given) ? [.. given.EnumerateArray().Select(id => id.GetString()!)] : [IdOf(1), IdOf(2)];
        var results = ids.Select(id => id.EndsWith("-gone", StringComparison.Ordinal)
            ? $$"""{"connectionId":null,"clientId":"{{id}}","result":"gone"}"""
            : $$"""{"connectionId":"1","clientId":"{{id}}","result":"{{result}}","node":"{{name}}"}""").ToList();
        var done = ids.Count(id => !id.EndsWith("-gone", StringComparison.Ordinal));
        return $$"""{"matched":{{done}},"closed":{{(isDryRun ? 0 : done)}},"results":[{{string.Join(',', results)}}]}""";
    }
}
