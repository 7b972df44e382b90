using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Configuration;

/// <summary>The webhook: application messages and presence events, sent by HTTP to a receiver of the operator. See docs/webhook.md.</summary>
internal sealed class WebhookOptions
{
    /// <summary>The receiver's address, <c>https</c> or <c>http</c>. Without it the webhook is off. A query is not shown, since it may hold a credential.</summary>
    [Displayable]
    public string? Url { get; set; }

    /// <summary>One or two secrets that sign each request. Two while a secret is replaced.</summary>
    public IList<WebhookSecretOptions> Secrets { get; set; } = [];

    /// <summary>Whether presence events are sent. Default true. Read once, at the start.</summary>
    [Displayable]
    public bool Presence { get; set; } = true;

    /// <summary>The most events of one request. Default 100.</summary>
    [Displayable]
    public int MaxBatchEvents { get; set; } = 100;

    /// <summary>The largest body of a request, in bytes; an event that is larger alone is sent alone. Default 262,144.</summary>
    [Displayable]
    public int MaxBatchBytes { get; set; } = 256 * 1024;

    /// <summary>Requests in progress at a time. The events of one client share a lane, which keeps their order. Default 16. Read once, at the start.</summary>
    [Displayable]
    public int Lanes { get; set; } = 16;

    /// <summary>How long a request may take, from the connect to the status line of the answer. Default 10 s.</summary>
    [Displayable]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Messages that the webhook holds at most; at this bound their senders are not read. Default 10,000.</summary>
    [Displayable]
    public int MaxWaitingMessages { get; set; } = 10_000;

    /// <summary>Bytes of messages that the webhook holds at most, with 512 bytes for each message. Default 67,108,864.</summary>
    [Displayable]
    public int MaxWaitingBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>How long an event is tried. After that it goes to the dead-letter file, or is counted as expired. Default 1 h.</summary>
    [Displayable]
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromHours(1);

    /// <summary>A file that takes expired events, one JSON line each. Its folder must exist and be writable. Null: none. Read once, at the start.</summary>
    [Displayable]
    public string? DeadLetterFile { get; set; }

    /// <summary>Bytes of the dead-letter file and its rotated files together. At this bound no event is written. Default 268,435,456.</summary>
    [Displayable]
    public int MaxDeadLetterBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>A PEM file with the client certificate for the receiver, followed by its intermediate certificates. Null: none.</summary>
    [Displayable]
    public string? ClientCertificateFile { get; set; }

    /// <summary>A PEM file with the private key of <see cref="ClientCertificateFile"/>, unencrypted.</summary>
    [Displayable]
    public string? ClientKeyFile { get; set; }

    /// <summary>A PEM file with the authorities that may have signed the receiver's certificate. Null: the system's.</summary>
    [Displayable]
    public string? TrustedRootsFile { get; set; }

    /// <summary>Whether the proxy of <c>HTTPS_PROXY</c> and its like is used. Default false.</summary>
    [Displayable]
    public bool UseEnvironmentProxy { get; set; }

    /// <summary>Bytes of an answer's body that are read, and discarded, to keep its connection. Default 65,536.</summary>
    [Displayable]
    public int MaxResponseBytes { get; set; } = 64 * 1024;

    /// <summary>True when events are sent.</summary>
    public bool IsOn() => !string.IsNullOrEmpty(Url);
}

/// <summary>One secret of the webhook, as Standard Webhooks define it.</summary>
internal sealed class WebhookSecretOptions
{
    /// <summary><c>whsec_</c> and 24 to 64 bytes in base64.</summary>
    [Secret]
    public string? Secret { get; set; }

    /// <summary>A file that contains the secret, instead of <see cref="Secret"/>. Read again when it changes.</summary>
    [Displayable]
    public string? SecretFile { get; set; }
}
