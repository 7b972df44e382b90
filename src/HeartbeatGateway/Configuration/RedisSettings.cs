using System.Buffers;
using HeartbeatGateway.Redis;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Telemetry;

namespace HeartbeatGateway.Configuration;

/// <summary>The Redis on which gateways form a cluster. Without a configuration the gateway is alone. Read once, at the start.</summary>
internal sealed class RedisSettings
{
    private const string Section = "Gateway:Redis";
    private const int MaxNameChars = 64;
    private static readonly TimeSpan LeastLease = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostLease = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LeastEnter = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan MostEnter = TimeSpan.FromSeconds(5);
    private static readonly SearchValues<char> NameChars = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    private static readonly SearchValues<char> PrefixChars = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-");

    /// <summary>The servers and how to reach them, as StackExchange.Redis reads it. It may hold a password. Null: no cluster.</summary>
    [Secret]
    public string? Configuration { get; set; }

    /// <summary>A file that contains the configuration, instead of <see cref="Configuration"/>.</summary>
    [Displayable]
    public string? ConfigurationFile { get; set; }

    /// <summary>A PEM file with the authorities that may have signed the certificates of the servers. Null: the system's.</summary>
    [Displayable]
    public string? TrustedRootsFile { get; set; }

    /// <summary>A PEM file with the certificate of this node for Redis, followed by its intermediate certificates. Null: none.</summary>
    [Displayable]
    public string? ClientCertificateFile { get; set; }

    /// <summary>A PEM file with the private key of <see cref="ClientCertificateFile"/>, unencrypted.</summary>
    [Displayable]
    public string? ClientKeyFile { get; set; }

    /// <summary>What all keys and channels begin with; several clusters can share a server. Default <c>heartbeatgateway</c>.</summary>
    [Displayable]
    public string Prefix { get; set; } = "heartbeatgateway";

    /// <summary>What operators call this node. Null: the host name.</summary>
    [Displayable]
    public string? NodeName { get; set; }

    /// <summary>For how long a node's entries stay in the directory without it. Default 10 s.</summary>
    [Displayable]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a hello waits for Redis at most. Default 250 ms.</summary>
    [Displayable]
    public TimeSpan EnterTimeout { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Presence events that are kept in each of the 16 partitions, about. Default 10,000.</summary>
    [Displayable]
    public int MaxEvents { get; set; } = 10_000;

    /// <summary>Messages that are kept in each of the 16 partitions, about. Default 100,000.</summary>
    [Displayable]
    public int MaxMessages { get; set; } = 100_000;

    /// <summary>The options of the cluster, once read; null without one.</summary>
    internal RedisOptions? Parsed { get; private set; }

    /// <summary>The name of this node.</summary>
    internal string Name => string.IsNullOrEmpty(NodeName) ? HostName() : NodeName;

    public bool IsOn() => !string.IsNullOrEmpty(Configuration) || !string.IsNullOrEmpty(ConfigurationFile);

    /// <summary>Reads the configuration, and finds what is wrong with the values. Each sentence starts with the wrong key, and none has the configuration.</summary>
    /// <param name="isSink">True when messages of clients are to go to Redis.</param>
    public IReadOnlyList<string> Read(bool isSink)
    {
        var errors = new List<string>();
        if (!string.IsNullOrEmpty(NodeName) && !IsName(NodeName, NameChars)) errors.Add($"{Section}:NodeName must have 1 to {MaxNameChars} characters of A-Z a-z 0-9 . _ -");
        if (!IsOn())
        {
            if (isSink) errors.Add($"{Section}:Configuration is missing: Gateway:Messages:Sinks names the sink redis, which needs a Redis.");
            else if (ChangesDefaults()) errors.Add($"{Section}:Configuration is missing: without it this gateway is in no cluster, and the other keys of {Section} have no effect.");
            return errors;
        }

        if (!IsName(Prefix, PrefixChars)) errors.Add($"{Section}:Prefix must have 1 to {MaxNameChars} characters of A-Z a-z 0-9 . _ : -");
        if (Lease < LeastLease || Lease > MostLease) errors.Add($"{Section}:Lease is {Lease}, but must be between {LeastLease} and {MostLease}, written hh:mm:ss.");
        if (EnterTimeout < LeastEnter || EnterTimeout > MostEnter) errors.Add($"{Section}:EnterTimeout is {EnterTimeout}, but must be between {LeastEnter} and {MostEnter}, written hh:mm:ss.");
        if (MaxEvents is < 100 or > 10_000_000) errors.Add($"{Section}:MaxEvents is {MaxEvents}, but must be between 100 and 10000000.");
        if (MaxMessages is < 100 or > 100_000_000) errors.Add($"{Section}:MaxMessages is {MaxMessages}, but must be between 100 and 100000000.");
        if (string.IsNullOrEmpty(ClientCertificateFile) != string.IsNullOrEmpty(ClientKeyFile)) errors.Add($"{Section}:ClientCertificateFile and {Section}:ClientKeyFile belong together, but only one of them is set.");
        var files = new PemFiles(Section, errors);
        var roots = files.Import("TrustedRootsFile", TrustedRootsFile, files.Read("TrustedRootsFile", TrustedRootsFile));
        var certificate = files.ImportClient(ClientCertificateFile, files.Read("ClientCertificateFile", ClientCertificateFile), ClientKeyFile, files.Read("ClientKeyFile", ClientKeyFile));
        var (text, fault) = ReadConfiguration();
        if (fault is not null)
        {
            errors.Add(fault);
            return errors;
        }

        var options = new RedisOptions
        {
            Configuration = text,
            TrustedRoots = roots,
            ClientCertificate = certificate,
            Prefix = Prefix,
            NodeName = Name,
            Version = ServiceMetrics.Version,
            Lease = Lease,
            EnterTimeout = EnterTimeout,
            MaxEvents = MaxEvents,
            MaxMessages = MaxMessages,
        };
        if (options.FindConfigurationFault() is { } unreadable) errors.Add($"{Section}:{(string.IsNullOrEmpty(ConfigurationFile) ? "Configuration" : "ConfigurationFile")} cannot be used. {unreadable}");
        Parsed = errors.Count == 0 ? options : null;
        return errors;
    }

    private static bool IsName(string value, SearchValues<char> allowed) => value.Length is >= 1 and <= MaxNameChars && !value.AsSpan().ContainsAnyExcept(allowed);

    /// <summary>The host name, with what a node's name cannot have replaced.</summary>
    private static string HostName()
    {
        var name = new string([.. Environment.MachineName.Take(MaxNameChars).Select(c => NameChars.Contains(c) ? c : '-')]);
        return name.Length > 0 ? name : "gateway";
    }

    private bool ChangesDefaults() => new RedisSettings() is var defaults
        && (Prefix != defaults.Prefix || Lease != defaults.Lease || EnterTimeout != defaults.EnterTimeout || MaxEvents != defaults.MaxEvents || MaxMessages != defaults.MaxMessages
            || (TrustedRootsFile ?? ClientCertificateFile ?? ClientKeyFile) is { Length: > 0 });

    private (string Text, string? Fault) ReadConfiguration()
    {
        if (string.IsNullOrEmpty(ConfigurationFile)) return (Configuration!, null);
        if (!string.IsNullOrEmpty(Configuration)) return ("", $"{Section} has both a Configuration and a ConfigurationFile, but must have one of them.");
        try
        {
            return Protocol.Tokens.SecretFile.TryRead(File.ReadAllBytes(ConfigurationFile), out var text, out _, out var error)
                ? (text, null)
                : ("", $"{Section}:ConfigurationFile {ConfigurationFile} {error}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return ("", $"{Section}:ConfigurationFile cannot be read: {e.Message}");
        }
    }
}
