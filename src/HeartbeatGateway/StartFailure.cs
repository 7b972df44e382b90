using System.ComponentModel;
using System.Net.Sockets;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Shared.Logging;
using HeartbeatGateway.Transport;

namespace HeartbeatGateway;

/// <summary>Why a start has failed, as one line.</summary>
internal static class StartFailure
{
    private const int MaxReasonChars = 4096;
    private const int TooManyOpenFiles = 24;

    /// <summary>True for failures whose message says what is wrong with the configuration or the machine. Others are faults of the program.</summary>
    public static bool IsExplained(Exception e) =>
        e is GatewayOptionsException or EndpointUnavailableException or IOException or InvalidDataException or UnauthorizedAccessException or SocketException || IsOutOfDescriptors(e);

    /// <summary>The reason, in one line.</summary>
    public static string Describe(Exception e)
    {
        var reason = IsOutOfDescriptors(e) ? $"the process has no free file descriptor: raise the limit of open files ('ulimit -n'). ({e.GetBaseException().Message})"
            : e is InvalidDataException ? $"{e.Message} {e.InnerException?.Message}"
            : IsExplained(e) ? e.Message
            : $"{e.GetType().Name}: {e.Message}";
        return PrintableText.From(reason.Trim(), MaxReasonChars);
    }

    private static bool IsOutOfDescriptors(Exception? e)
    {
        for (; e is not null; e = e.InnerException)
        {
            if (e is Win32Exception { NativeErrorCode: TooManyOpenFiles } or SocketException { SocketErrorCode: SocketError.TooManyOpenSockets }) return true;
            // The runtime reports a library that it cannot open as one that does not exist.
            if (e is IOException && e.Message.Contains("Too many open files", StringComparison.Ordinal)) return true;
        }

        return false;
    }
}
