using System.Text.Json;

namespace HeartbeatGateway.Faults.Tests.Deliveries;

/// <summary>The books of a sink at one moment, from the HTTP API.</summary>
internal sealed record SinkReading(long Taken, long Delivered, long Rejected, long Dropped, long Waiting, long InFlight)
{
    public bool IsBalanced => Taken == Delivered + Rejected + Dropped + Waiting + InFlight;

    public static SinkReading Of(JsonElement sink) => new(
        Read(sink, "taken"), Read(sink, "delivered"), Read(sink, "rejected"), Read(sink, "dropped"), Read(sink, "waiting"), Read(sink, "inFlight"));

    private static long Read(JsonElement sink, string name) => sink.GetProperty(name).GetInt64();
}
