using System.Globalization;
using HeartbeatGateway.Client.Tests.Support;

namespace HeartbeatGateway.Client.Tests.Acknowledgements;

/// <summary>
/// What a gateway knows of one client id and instance, by the text of the protocol: through which number it has accepted, and the numbered pushes that the client
/// has not acknowledged. Checks each frame of the client.
/// </summary>
internal sealed class ModelGateway
{
    private long? _accepted;
    private long _acceptedInAnyLifetime;
    private int _lifetime = 1;
    private long _lastPush;
    private readonly SortedDictionary<long, string> _outbox = [];

    /// <summary>The contents of accepted messages, in every lifetime, without the duplicates that it recognised.</summary>
    public List<List<string>> Accepted { get; } = [[]];

    /// <summary>The contents of pushes that the client has acknowledged.</summary>
    public List<string> AcknowledgedPushes { get; } = [];

    public bool IsOutboxEmpty => _outbox.Count == 0;

    private string Numbering => $"pushes-{_lifetime}";

    /// <summary>The process is restarted and has lost what it knew.</summary>
    public void Restart()
    {
        _accepted = null;
        _lifetime++;
        _lastPush = 0;
        _outbox.Clear();
        Accepted.Add([]);
    }

    /// <summary>Greets the client and sends its unacknowledged pushes again, some of those that it has as well.</summary>
    public async Task GreetAsync(ServerConnection server, long generation, bool repeats, long received, int queued)
    {
        var (hello, through) = await server.GrantAsync(generation, _accepted, Numbering);
        // What the client wrote and this gateway did not read counts as sent too.
        Assert.InRange(hello.Sent ?? 0, _acceptedInAnyLifetime, queued);
        Assert.InRange(through, received, _lastPush);
        AcknowledgePushes(through);
        if (repeats && through > 0) await server.SendNumberedAsync("push", "a duplicate that no program sees", through);
        foreach (var (number, content) in _outbox) await server.SendNumberedAsync("push", content, number);
    }

    public Task PushAsync(ServerConnection server, string content)
    {
        _outbox[++_lastPush] = content;
        return server.SendNumberedAsync("push", content, _lastPush);
    }

    /// <summary>A push expires before it was sent: its number is left out.</summary>
    public void Expire() => _lastPush++;

    /// <summary>Reads a frame of the client and accepts it. The previous number on this connection, or 0, tells whether numbers rise by one.</summary>
    /// <returns>The number of a message; the previous one for an acknowledgement.</returns>
    public async Task<long> ReadAsync(ServerConnection server, long previous)
    {
        var frame = await server.ReadAsync();
        var (number, generation) = frame.Number!.Value;
        Assert.Equal(server.Generation, generation);
        if (frame.Type == "ack")
        {
            AcknowledgePushes(number);
            return previous;
        }

        Assert.Equal("message", frame.Type);
        // The content of the n-th message is n: numbers follow the order of queuing, on every connection.
        Assert.Equal(number.ToString(CultureInfo.InvariantCulture), frame.Text);
        if (previous > 0) Assert.Equal(previous + 1, number);
        // The first message of a connection follows what is accepted, or was acknowledged before the record was lost: none is left out.
        else Assert.InRange(number, (_accepted ?? 0) + 1, Math.Max(_accepted ?? 0, _acceptedInAnyLifetime) + 1);
        if (number > (_accepted ?? 0)) Accepted[^1].Add(frame.Text);
        _accepted = Math.Max(_accepted ?? 0, number);
        _acceptedInAnyLifetime = Math.Max(_acceptedInAnyLifetime, number);
        return number;
    }

    public Task AcknowledgeAsync(ServerConnection server) => _accepted is { } through ? server.SendAckAsync(through) : Task.CompletedTask;

    private void AcknowledgePushes(long through)
    {
        Assert.InRange(through, 0, _lastPush);
        foreach (var number in _outbox.Keys.Where(n => n <= through).ToArray())
        {
            AcknowledgedPushes.Add(_outbox[number]);
            _outbox.Remove(number);
        }
    }
}
