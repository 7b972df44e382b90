using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client;

/// <summary>Finds the first property that is not valid and reports its valid values.</summary>
internal static class GatewayClientOptionsValidator
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    public static void Validate(GatewayClientOptions options)
    {
        CheckEndpoints(options);
        CheckTokens(options.Tokens);
        if (options.ClientId is not null && !ClientId.IsValid(options.ClientId))
        {
            throw Wrong(nameof(options.ClientId), $"must have 1 to {ClientId.MaxLength} characters of A-Z a-z 0-9 . _ : - or be null");
        }

        if (options.Library is not null && !ClientLibrary.IsValid(options.Library))
        {
            throw Wrong(nameof(options.Library), $"must be name/version, up to {ClientLibrary.MaxLength} printable ASCII characters, or be null");
        }

        CheckTimes(options);
        CheckSizes(options);
        if (options.Acknowledgements) CheckAcknowledgements(options);
        if (options.Tls is { ClientCertificate.HasPrivateKey: false })
        {
            throw Wrong($"{nameof(options.Tls)}.{nameof(options.Tls.ClientCertificate)}", "must have its private key");
        }

        if (options.Tls is { TrustedRoots.Count: 0 })
        {
            throw Wrong($"{nameof(options.Tls)}.{nameof(options.Tls.TrustedRoots)}", "must contain a certificate, or be null to trust the system's roots");
        }
    }

    private static void CheckEndpoints(GatewayClientOptions options)
    {
        if (options.Endpoints.IsDefaultOrEmpty) throw Wrong(nameof(options.Endpoints), "must contain at least one endpoint");
        foreach (var endpoint in options.Endpoints)
        {
            if (endpoint is not (DnsEndPoint { Port: > 0 } or IPEndPoint { Port: > 0 }))
            {
                throw Wrong(nameof(options.Endpoints), $"must contain DnsEndPoint or IPEndPoint with a port from 1 to 65535, not '{endpoint}'");
            }
        }

        if (options.LocalAddress is not { } local) return;
        if (local.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
        {
            throw Wrong(nameof(options.LocalAddress), "must be an IPv4 or IPv6 address");
        }

        if (options.Endpoints.All(e => e is IPEndPoint ip && ip.AddressFamily != local.AddressFamily))
        {
            throw Wrong(nameof(options.LocalAddress), $"is {local} and cannot reach any of the endpoints: they are of the other address family");
        }
    }

    private static void CheckTokens(TokenKeyringOptions? tokens)
    {
        if (tokens is null) throw Wrong(nameof(GatewayClientOptions.Tokens), "is required");
        try
        {
            _ = ClientKeyrings.For(tokens);
        }
        catch (ArgumentException e)
        {
            throw new GatewayClientOptionsException(nameof(GatewayClientOptions.Tokens), $"are not valid: {e.Message}", e);
        }
    }

    private static void CheckTimes(GatewayClientOptions options)
    {
        Check(nameof(options.Heartbeat), options.Heartbeat, TimeSpan.FromMilliseconds(10), HelloPayload.MaxHeartbeat);
        Check(nameof(options.ServerTimeout), options.ServerTimeout, Millisecond, 2 * Day);
        if (options.ServerTimeout <= options.Heartbeat)
        {
            throw Wrong(
                nameof(options.ServerTimeout),
                $"is {options.ServerTimeout} and must be longer than Heartbeat, {options.Heartbeat}; twice as long is usual");
        }

        Check(nameof(options.ConnectTimeout), options.ConnectTimeout, Millisecond, Day);
        Check(nameof(options.InitialJitter), options.InitialJitter, TimeSpan.Zero, Day);
        Check(nameof(options.BackoffBase), options.BackoffBase, Millisecond, Day);
        Check(nameof(options.BackoffMax), options.BackoffMax, options.BackoffBase, Day);
        Check(nameof(options.BackoffResetAfter), options.BackoffResetAfter, TimeSpan.Zero, Day);
        Check(nameof(options.CloseTimeout), options.CloseTimeout, TimeSpan.Zero, Day);
    }

    private static void CheckSizes(GatewayClientOptions options)
    {
        const int MaxFrames = 10_000_000;
        Check(nameof(options.SendQueueCapacity), options.SendQueueCapacity, 1, MaxFrames);
        Check(nameof(options.SendQueueBytes), options.SendQueueBytes, FrameFormat.HeaderLength, int.MaxValue);
        if (!Enum.IsDefined(options.SendQueueFullMode)) throw Wrong(nameof(options.SendQueueFullMode), "must be Wait, DropOldest or Reject");
        if (!Enum.IsDefined(options.ReceiveQueueFullMode))
        {
            throw Wrong(nameof(options.ReceiveQueueFullMode), "must be DropOldest, DropNewest or Wait");
        }

        Check(nameof(options.MaxUnacknowledged), options.MaxUnacknowledged, 1, MaxFrames);
        Check(nameof(options.MaxUnacknowledgedBytes), options.MaxUnacknowledgedBytes, FrameFormat.HeaderLength, int.MaxValue);
        Check(nameof(options.ReceiveQueueCapacity), options.ReceiveQueueCapacity, 1, MaxFrames);
        // A frame, including its header, must fit into one array.
        Check(nameof(options.MaxContentBytes), options.MaxContentBytes, 0, 1024 * 1024 * 1024);
        Check(nameof(options.ReceiveQueueBytes), options.ReceiveQueueBytes, options.MaxContentBytes, int.MaxValue);
    }

    private static void CheckAcknowledgements(GatewayClientOptions options)
    {
        if (options.ClientId is null)
        {
            throw Wrong(nameof(options.Acknowledgements), "needs a ClientId: the gateway keeps the numbers of messages for each client id");
        }

        if (!ClientKeyrings.For(options.Tokens).CoversCreated)
        {
            throw Wrong(nameof(options.Acknowledgements), "needs tokens that cover the number of a frame: the scheme hmac-sha256, or digest with {created} in its recipe");
        }
    }

    private static void Check(string name, TimeSpan value, TimeSpan min, TimeSpan max)
    {
        if (value < min || value > max) throw Wrong(name, $"is {value} and must be from {min} to {max}");
    }

    private static void Check(string name, int value, int min, int max)
    {
        if (value < min || value > max) throw Wrong(name, $"is {value} and must be from {min} to {max}");
    }

    private static GatewayClientOptionsException Wrong(string property, string message) => new(property, message);
}
