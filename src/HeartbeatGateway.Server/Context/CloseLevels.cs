using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Server.Context;

/// <summary>The log level of the line for an ended or rejected connection, by close reason.</summary>
internal sealed class CloseLevels
{
    private readonly LogLevel[] _levels = new LogLevel[(int)CloseReasons.All.Max() + 1];

    public CloseLevels(LoggingOptions options)
    {
        foreach (var reason in CloseReasons.All) _levels[(int)reason] = DefaultOf(reason);
        foreach (var (name, level) in options.Levels)
        {
            if (CloseReasons.TryParse(name.ToLowerInvariant(), out var reason)) _levels[(int)reason] = level;
        }
    }

    public LogLevel Of(CloseReason reason) => _levels[(int)reason];

    private static LogLevel DefaultOf(CloseReason reason) => reason switch
    {
        CloseReason.FrameTimeout or CloseReason.Truncated or CloseReason.BadMagic or CloseReason.BadLength or CloseReason.BadDate or CloseReason.BadHello
            or CloseReason.TokenInvalid or CloseReason.TokenExpired or CloseReason.TlsFailed or CloseReason.ProxyInvalid or CloseReason.WebSocketInvalid or CloseReason.PingFlood
            or CloseReason.SlowConsumer or CloseReason.InternalError or CloseReason.Undelivered => LogLevel.Warning,
        // An operator wanted it, and the client may come back for as long as the ban lasts.
        CloseReason.Banned => LogLevel.Information,
        _ => reason.IsRejection() ? LogLevel.Warning : LogLevel.Information,
    };
}
