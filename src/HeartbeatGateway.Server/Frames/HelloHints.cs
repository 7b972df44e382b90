using System.Text;
using System.Text.Json;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Server.Frames;

/// <summary>
/// Reports frames that resemble a hello and are application messages by the rules of the protocol: counts and logs them, and in Development tells the client.
/// </summary>
internal sealed class HelloHints(EngineContext context)
{
    private const int MaxLoggedTypeChars = 50;

    /// <summary>Notes an application message, which may have been meant as a hello.</summary>
    public void Note(GatewayConnection connection, in Frame frame, EngineSettings settings)
    {
        if (FlawOf(frame) is not { } flaw) return;
        connection.Metrics.HelloMalformed(flaw);
        Report(connection, frame, flaw);
        if (!settings.SendsHelloNotices || connection.Signer is not { } signer) return;
        var notice = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["about"] = "hello",
            ["cause"] = MetricLabels.Of(flaw),
            ["detail"] = HelloDiagnosis.Advice(flaw),
        };
        // An answer: a client that sends such frames without reading is not read from.
        connection.Queue(signer.Encode("notice"u8, JsonSerializer.SerializeToUtf8Bytes(notice), context.UnixSeconds), FrameKind.Other, isAnswer: true);
    }

    private static HelloFlaw? FlawOf(in Frame frame)
    {
        if (frame.Kind == FrameKind.Hello) return HelloDiagnosis.Find(frame.Content);
        if (frame.Content.Length > HelloDiagnosis.MaxBytes || !Ascii.EqualsIgnoreCase(frame.Type, "hello"u8)) return null;
        return HelloPayload.Read(frame.Content).Outcome == HelloOutcome.NotHello ? HelloDiagnosis.Find(frame.Content) : HelloFlaw.WrongType;
    }

    private void Report(GatewayConnection connection, in Frame frame, HelloFlaw flaw)
    {
        if (!context.MayLog(LogLevel.Warning, LineKind.Refusal, connection.Address)) return;
        context.Logger.HelloMalformed(
            connection.Id, ClientRegistry.NameOf(connection), connection.RemoteEndPoint, PrintableText.From(frame.Type, MaxLoggedTypeChars), MetricLabels.Of(flaw),
            HelloDiagnosis.Advice(flaw), ClaimedClientId.Find(frame.Content), connection.Signer?.Key.Id, RemoteAddress.Of(connection.RemoteEndPoint),
            RemoteAddress.PortOf(connection.RemoteEndPoint));
    }
}
