using System.Text;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Server.Frames;

/// <summary>Closes connections whose frames are refused for their token, counts and logs why.</summary>
internal sealed class TokenRefusals(EngineContext context)
{
    private const int MaxLoggedTypeChars = 50;

    /// <summary>A token that does not verify, or is out of date.</summary>
    public void Refuse(GatewayConnection connection, in Frame frame, TokenVerdict verdict, EngineSettings settings)
    {
        if (verdict.Outcome == TokenOutcome.BadDate)
        {
            connection.Close(new CloseRequest(CloseReason.BadDate));
            return;
        }

        var failure = MetricLabels.FailureOf(verdict.Outcome) ?? throw new InvalidOperationException($"{verdict.Outcome} is no refusal.");
        Report(connection, frame, failure);
        if (settings.LogSignedBytes && failure == TokenFailure.Mismatch && context.PeerLines.Allows())
        {
            context.Logger.TokenMismatched(connection.Id, settings.Keyring.DescribeSignedBytes(frame));
        }

        // A token that does not verify is never answered. One that verifies with a date out of range is: the client's clock is off.
        connection.Close(verdict.Signer is { } signer
            ? new CloseRequest(CloseReason.TokenExpired) { Retry = true, Signer = signer, InReplyTo = Encoding.ASCII.GetString(frame.Token) }
            : new CloseRequest(CloseReason.TokenInvalid));
    }

    /// <summary>A token that verifies and is refused for another cause.</summary>
    public void Refuse(GatewayConnection connection, in Frame frame, TokenFailure failure)
    {
        Report(connection, frame, failure);
        connection.Close(new CloseRequest(CloseReason.TokenInvalid));
    }

    private void Report(GatewayConnection connection, in Frame frame, TokenFailure failure)
    {
        connection.Metrics.TokenRefused(failure);
        if (!context.PeerLines.Allows()) return;
        context.Logger.TokenRefused(connection.Id, connection.RemoteEndPoint, PrintableText.From(frame.Type, MaxLoggedTypeChars), MetricLabels.Of(failure));
    }
}
