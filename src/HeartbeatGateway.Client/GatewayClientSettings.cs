using System.Security.Cryptography.X509Certificates;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client;

/// <summary>
/// The keys of a client's configuration section, named like the properties of <see cref="GatewayClientOptions"/>. Null: the default of the
/// option.
/// </summary>
internal sealed class GatewayClientSettings
{
    public List<string> Endpoints { get; set; } = [];

    public TokenSettings Tokens { get; set; } = new();

    public TlsFileSettings? Tls { get; set; }

    public string? ClientId { get; set; }

    public string? Library { get; set; }

    public bool? NameKey { get; set; }

    public bool? StopHostWhenClosed { get; set; }

    public TimeSpan? Heartbeat { get; set; }

    public TimeSpan? ServerTimeout { get; set; }

    public TimeSpan? ConnectTimeout { get; set; }

    public TimeSpan? InitialJitter { get; set; }

    public TimeSpan? BackoffBase { get; set; }

    public TimeSpan? BackoffMax { get; set; }

    public TimeSpan? BackoffResetAfter { get; set; }

    public TimeSpan? CloseTimeout { get; set; }

    public int? SendQueueCapacity { get; set; }

    public int? SendQueueBytes { get; set; }

    public SendQueueFull? SendQueueFullMode { get; set; }

    public bool? Acknowledgements { get; set; }

    public int? MaxUnacknowledged { get; set; }

    public int? MaxUnacknowledgedBytes { get; set; }

    public int? ReceiveQueueCapacity { get; set; }

    public int? ReceiveQueueBytes { get; set; }

    public ReceiveQueueFull? ReceiveQueueFullMode { get; set; }

    public int? MaxContentBytes { get; set; }

    public string? LocalAddress { get; set; }

    /// <summary>The keys of the section <c>Tokens</c>.</summary>
    internal sealed class TokenSettings
    {
        public TokenScheme Scheme { get; set; } = TokenScheme.HmacSha256;

        public TimeSpan? MaxAge { get; set; }

        public string? TimeZone { get; set; }

        public List<KeySettings> Keys { get; set; } = [];
    }

    /// <summary>One secret: its text, or a file that holds it.</summary>
    internal sealed class KeySettings
    {
        public string Id { get; set; } = "k1";

        public string? Secret { get; set; }

        public string? SecretFile { get; set; }
    }

    /// <summary>The keys of the section <c>Tls</c>: PEM files.</summary>
    internal sealed class TlsFileSettings
    {
        public string? ServerName { get; set; }

        public string? CertificateFile { get; set; }

        public string? KeyFile { get; set; }

        public string? TrustedRootsFile { get; set; }

        public X509RevocationMode RevocationMode { get; set; } = X509RevocationMode.NoCheck;
    }
}
