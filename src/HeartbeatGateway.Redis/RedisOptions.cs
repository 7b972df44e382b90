using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace HeartbeatGateway.Redis;

/// <summary>How gateways form a cluster on Redis.</summary>
public sealed record RedisOptions
{
    /// <summary>The servers and how to reach them, as StackExchange.Redis reads it (<c>redis-1:6379,redis-2:6379,user=gateway,password=…,ssl=true</c>).</summary>
    public required string Configuration { get; init; }

    /// <summary>With TLS: the authorities that may have signed the certificates of the servers; null for those of the system.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    /// <summary>With TLS: the certificate of this node with its chain and key, for servers that ask for one; null for none.</summary>
    public SslStreamCertificateContext? ClientCertificate { get; init; }

    /// <summary>What all keys and channels begin with: several clusters can share a server.</summary>
    public string Prefix { get; init; } = "heartbeatgateway";

    /// <summary>What operators call this node.</summary>
    public required string NodeName { get; init; }

    /// <summary>The gateway's version, for the list of nodes; null for none.</summary>
    public string? Version { get; init; }

    /// <summary>For how long a node's entries live without it. Renewed in a quarter of it.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a hello waits for the directory at most.</summary>
    public TimeSpan EnterTimeout { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long any other call takes at most. Default 750 ms, so that a caller of the API that waits for one has its answer within a second.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromMilliseconds(750);

    /// <summary>Presence events that the stream of each of the 16 partitions holds, about.</summary>
    public int MaxEvents { get; init; } = 10_000;

    /// <summary>Messages that the stream of each of the 16 partitions holds, about. Unread ones are dropped beyond it, the oldest first.</summary>
    public int MaxMessages { get; init; } = 100_000;

    /// <summary>What is wrong with <see cref="Configuration"/>, as a sentence without secrets; null when it can be read. Connects to nothing.</summary>
    public string? FindConfigurationFault()
    {
        try
        {
            RedisConfiguration.Read(this);
            return null;
        }
        catch (ArgumentException e)
        {
            // The exception appends the name of the parameter to its sentence.
            return e.Message.Split(" (Parameter", 2)[0];
        }
    }

    /// <summary>For how long a client of a lost node is recognised when it comes back.</summary>
    public TimeSpan RememberLost { get; init; } = TimeSpan.FromMinutes(10);
}
