using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HeartbeatGateway.Epoll.Tests.Support;

internal static class Transports
{
    public static EpollTransport Make() => new(isInline: true, NullLogger.Instance);

    public static EpollLoop MakeLoop(ILogger? logger = null) => new(0, isInline: true, logger ?? NullLogger.Instance);
}
