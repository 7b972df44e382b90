using System.Net;
using HeartbeatGateway.Cli.Frames;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Proxy;

/// <summary>Writes one JSON object per event.</summary>
internal sealed class ProxyJsonView(ProxyOutput output, TimeProvider time) : IProxyView
{
    private DateTimeOffset Now => time.GetUtcNow();

    public static string Dropped(long count) => Json.Line(new { @event = "dropped", count });

    public void Listening(EndPoint listen, EndPoint target) =>
        Write(new { time = Now, @event = "listening", listen = listen.ToString(), target = EndpointName.Of(target) });

    public void Opened(long connection, EndPoint? device, EndPoint? gateway) =>
        Write(new { time = Now, @event = "open", connection, device = device?.ToString(), gateway = gateway?.ToString() });

    public void Part(long connection, ProxyDirection direction, long offset, ReadOnlyMemory<byte> bytes, ExplainedPart part) => Write(new
    {
        time = Now,
        @event = part.IsFrame ? "frame" : "stray",
        connection,
        direction = Name(direction),
        streamOffset = offset,
        part = ExplainJson.Of(bytes, part),
    });

    public void MoreStray(long connection, ProxyDirection direction, long bytes) =>
        Write(new { time = Now, @event = "more_stray", connection, direction = Name(direction), bytes });

    public void Note(long? connection, string text) => Write(new { time = Now, @event = "note", connection, text });

    public void Ended(long connection, string reason, ProxyTraffic toGateway, ProxyTraffic toClient) =>
        Write(new { time = Now, @event = "end", connection, reason, toGateway, toClient });

    private static string Name(ProxyDirection direction) => direction == ProxyDirection.ToGateway ? "to-gateway" : "to-client";

    private void Write<T>(T value) => output.Write(Json.Line(value));
}
