using System.Globalization;
using System.Text;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Server.Frames;

/// <summary>Closes connections whose frames are refused for their token or date, counts and logs why.</summary>
internal sealed class TokenRefusals(EngineContext context)
{
    private const int MaxLoggedTypeChars = 50;
    private const string HelloType = "hello";

    /// <summary>A token that does not verify, or is out of date.</summary>
    public void Refuse(GatewayConnection connection, in Frame frame, TokenVerdict verdict, EngineSettings settings, long unixSeconds)
    {
        if (verdict.Outcome == TokenOutcome.BadDate)
        {
            connection.Close(new CloseRequest(CloseReason.BadDate)
            {
                Detail = CloseDetails.BadDate(FrameClaims.DateOf(frame) ?? ""),
                ClaimedClientId = frame.Kind == FrameKind.Hello ? ClaimedClientId.Find(frame.Content) : null,
                KeyId = verdict.Signer?.Key.Id,
            });
            return;
        }

        var failure = MetricLabels.FailureOf(verdict.Outcome) ?? throw new InvalidOperationException($"{verdict.Outcome} is no refusal.");
        Report(connection, frame, failure, settings, unixSeconds);
        if (settings.LogSignedBytes && failure == TokenFailure.Mismatch && context.MayLog(LogLevel.Warning, LineKind.Refusal, connection.Address))
        {
            context.Logger.TokenMismatched(connection.Id, settings.Keyring.DescribeSignedBytes(frame));
        }

        // A token that does not verify is never answered. One that verifies with a date out of range is: the client's clock is off.
        connection.Close(verdict.Signer is { } signer
            ? new CloseRequest(CloseReason.TokenExpired)
            {
                Retry = true,
                Signer = signer,
                InReplyTo = Encoding.ASCII.GetString(frame.Token),
                Detail = CloseDetails.WrongClock(FrameClaims.SkewOf(frame, settings.TimeZone, unixSeconds) ?? 0, context.Elapsed(0, settings.MaxAge)),
            }
            : new CloseRequest(CloseReason.TokenInvalid));
    }

    /// <summary>A token that verifies and is refused for another cause.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="failure">The cause.</param>
    /// <param name="settings">The settings in force.</param>
    /// <param name="unixSeconds">The current date, in seconds since 1970-01-01 UTC.</param>
    /// <param name="hint">What is wrong with the frame, for the log; null when the cause says it.</param>
    public void Refuse(GatewayConnection connection, in Frame frame, TokenFailure failure, EngineSettings settings, long unixSeconds, string? hint = null)
    {
        Report(connection, frame, failure, settings, unixSeconds, hint);
        connection.Close(new CloseRequest(CloseReason.TokenInvalid));
    }

    /// <summary>A hello whose token was used on another node, or on this one before it was started. The bytes of its frame are gone.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="claims">What the frame said of its sender.</param>
    public void RefuseReplayed(GatewayConnection connection, in FrameClaims claims)
    {
        connection.Metrics.TokenRefused(TokenFailure.Replayed);
        using var span = context.Spans.Enter(connection.Id);
        if (context.MayLog(LogLevel.Warning, LineKind.Refusal, connection.Address)) Log(connection, HelloType, TokenFailure.Replayed, claims.ToString(), claims);
        connection.Close(new CloseRequest(CloseReason.TokenInvalid));
    }

    private void Report(GatewayConnection connection, in Frame frame, TokenFailure failure, EngineSettings settings, long unixSeconds, string? hint = null)
    {
        connection.Metrics.TokenRefused(failure);
        using var span = context.Spans.Enter(connection.Id);
        if (!context.MayLog(LogLevel.Warning, LineKind.Refusal, connection.Address)) return;
        var claims = FrameClaims.Of(frame, settings, unixSeconds);
        Log(connection, PrintableText.From(frame.Type, MaxLoggedTypeChars), failure, (hint is null ? "" : hint + "; ") + DetailOf(failure, frame, claims, context.Elapsed(0, settings.MaxAge)), claims);
    }

    private void Log(GatewayConnection connection, string type, TokenFailure failure, string detail, in FrameClaims claims)
    {
        var remote = connection.RemoteEndPoint;
        context.Logger.TokenRefused(
            connection.Id, ClientRegistry.NameOf(connection), remote, type, MetricLabels.Of(failure), detail, claims.ClientId, claims.KeyId, claims.Date, claims.SkewSeconds,
            RemoteAddress.Of(remote), RemoteAddress.PortOf(remote));
    }

    /// <summary>The value seen and the limit. Of a token that does not verify only its length is shown.</summary>
    private static string DetailOf(TokenFailure failure, in Frame frame, in FrameClaims claims, TimeSpan maxAge) => failure switch
    {
        TokenFailure.Malformed => string.Create(CultureInfo.InvariantCulture, $"{claims}, token of {frame.Token.Length} characters"),
        TokenFailure.Expired or TokenFailure.Future => string.Create(CultureInfo.InvariantCulture, $"{claims}; the limit is {maxAge.TotalSeconds} s"),
        _ => claims.ToString(),
    };
}
