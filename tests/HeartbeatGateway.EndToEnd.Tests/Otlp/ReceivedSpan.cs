using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;

namespace HeartbeatGateway.EndToEnd.Tests.Otlp;

/// <summary>A span as it was exported.</summary>
/// <param name="Resource">The program that made it.</param>
/// <param name="Scope">The source that made it.</param>
/// <param name="Span">The span.</param>
internal sealed record ReceivedSpan(Resource Resource, InstrumentationScope Scope, Span Span)
{
    public string TraceId => Convert.ToHexStringLower(Span.TraceId.Span);

    public string SpanId => Convert.ToHexStringLower(Span.SpanId.Span);

    /// <summary>The attributes, each as a text.</summary>
    public Dictionary<string, string> Attributes => AttributesOf(Span.Attributes);

    public static Dictionary<string, string> AttributesOf(IEnumerable<KeyValue> attributes) => attributes.ToDictionary(
        a => a.Key,
        a => a.Value.ValueCase switch
        {
            AnyValue.ValueOneofCase.StringValue => a.Value.StringValue,
            AnyValue.ValueOneofCase.IntValue => $"{a.Value.IntValue}",
            AnyValue.ValueOneofCase.DoubleValue => $"{a.Value.DoubleValue}",
            AnyValue.ValueOneofCase.BoolValue => a.Value.BoolValue ? "true" : "false",
            _ => throw new InvalidDataException($"The attribute {a.Key} is a {a.Value.ValueCase}."),
        },
        StringComparer.Ordinal);
}
