using System.Globalization;
using System.Net;
using HeartbeatGateway.Cli.Frames;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Proxy;

/// <summary>Writes one line per frame, and the fields of a frame that is not valid.</summary>
internal sealed class ProxyTextView(ProxyOutput output, TimeProvider time) : IProxyView
{
    public static string Dropped(long count) => $"{Plural.Of(count, "entry").Replace("entrys", "entries", StringComparison.Ordinal)} not shown: the output is too slow";

    public void Listening(EndPoint listen, EndPoint target) => Write(null, $"listening on {listen}, forwarding to {EndpointName.Of(target)}");

    public void Opened(long connection, EndPoint? device, EndPoint? gateway) => Write(connection, $"device {device} connected, forwarding to {gateway}");

    public void Part(long connection, ProxyDirection direction, long offset, ReadOnlyMemory<byte> bytes, ExplainedPart part)
    {
        var lines = new List<string> { $"{Arrow(direction)} {Headline(part)}" };
        if (part.IsValid) lines.AddRange(part.Findings.Where(IsShown).Select(f => $"  note  {f.Check}: {f.Text}"));
        else lines.AddRange(ExplainText.Lines(bytes.Span, part));
        Write(connection, string.Join('\n', lines));
    }

    public void MoreStray(long connection, ProxyDirection direction, long bytes) =>
        Write(connection, $"{Arrow(direction)} {Plural.Of(bytes, "more byte")} without a frame");

    public void Note(long? connection, string text) => Write(connection, Printable.From(text));

    public void Ended(long connection, string reason, ProxyTraffic toGateway, ProxyTraffic toClient) =>
        Write(connection, $"ended: {reason}; to gateway {Describe(toGateway)}; to client {Describe(toClient)}");

    private static string Headline(ExplainedPart part)
    {
        if (!part.IsFrame) return "NOT A FRAME";
        var name = part.Type.Length == 0 ? "no type" : part.Type;
        var head = $"{name}, {Plural.Of(part.Length, "byte")}{(part.IsComplete ? "" : ", incomplete")}";
        if (!part.IsValid) return $"{head}, NOT VALID";
        var checks = part.Findings.Where(f => f.Severity == Severity.Ok).Select(f => $"{f.Check} {f.Text}");
        var content = part.Fields.FirstOrDefault(f => f is { Name: "content", Length: > 0 }) is { } field ? [$"content {field.Value}"] : Array.Empty<string>();
        return string.Join("; ", [head, .. checks, .. content]);
    }

    /// <summary>Without a secret, no token is verified; a note on every frame would say nothing more.</summary>
    private static bool IsShown(Finding finding) => finding is { Severity: Severity.Note, Check: not "token" };

    private static string Arrow(ProxyDirection direction) => direction == ProxyDirection.ToGateway ? "->" : "<-";

    private static string Describe(ProxyTraffic traffic) =>
        $"{Plural.Of(traffic.Bytes, "byte")}, {Plural.Of(traffic.Frames, "frame")}{(traffic.NotValid > 0 ? $", {traffic.NotValid} not valid" : "")}";

    private void Write(long? connection, string text)
    {
        var id = connection is null ? "" : string.Create(CultureInfo.InvariantCulture, $" #{connection}");
        output.Write($"{time.GetLocalNow().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)}{id} {text}");
    }
}
