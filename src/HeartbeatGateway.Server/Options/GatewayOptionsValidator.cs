using System.Globalization;
using System.Net;
using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Server.Options;

/// <summary>Validates options before they are used. Each sentence starts with the wrong key.</summary>
internal static class GatewayOptionsValidator
{
    // A longer duration is nearly always a number without a unit: .NET reads "7" as seven days.
    private static readonly TimeSpan MaxDuration = TimeSpan.FromDays(1);

    /// <param name="options">The options to validate.</param>
    /// <param name="keyring">The keyring options that the token options describe; null when those are not valid.</param>
    public static IReadOnlyList<string> Validate(GatewayOptions options, out TokenKeyringOptions? keyring)
    {
        var errors = new List<string>();
        Duration("Heartbeat:ReaderIdle", options.Heartbeat.ReaderIdle);
        errors.AddRange(ShadowReaderIdleValidator.Validate(options.Heartbeat.ShadowReaderIdle));
        Duration("Heartbeat:WriterIdle", options.Heartbeat.WriterIdle);
        Duration("Heartbeat:AllIdle", options.Heartbeat.AllIdle);
        Duration("Heartbeat:MinInterval", options.Heartbeat.MinInterval, min: TimeSpan.FromMilliseconds(100));
        Duration("Heartbeat:MaxInterval", options.Heartbeat.MaxInterval, min: TimeSpan.FromMilliseconds(100));
        Duration("Heartbeat:MinTimeout", options.Heartbeat.MinTimeout, min: TimeSpan.FromMilliseconds(100));
        if (options.Heartbeat.MinInterval > options.Heartbeat.MaxInterval)
        {
            errors.Add($"Gateway:Heartbeat:MinInterval is {options.Heartbeat.MinInterval}, but must not be above Gateway:Heartbeat:MaxInterval, which is {options.Heartbeat.MaxInterval}.");
        }

        Duration("Frames:FrameTimeout", options.Frames.FrameTimeout);
        Duration("Reconnects:Window", options.Reconnects.Window);
        Duration("Outbound:WriteTimeout", options.Outbound.WriteTimeout);
        Duration("Draining:Duration", options.Draining.Duration);
        Duration("Draining:MaxConnectionAge", options.Draining.MaxConnectionAge);
        Duration("Tokens:MaxAge", options.Tokens.MaxAge, min: TimeSpan.FromSeconds(1));
        Duration("Messages:MaxTtl", options.Messages.MaxTtl);
        Duration("Messages:KeepUnacknowledged", options.Messages.KeepUnacknowledged, min: TimeSpan.FromSeconds(1));
        if (options.Admission.HandshakeTimeout is { } handshake) Duration("Admission:HandshakeTimeout", handshake);

        Range("Frames:MaxContentBytes", options.Frames.MaxContentBytes, 0, 64 * 1024 * 1024);
        Range("Frames:MaxFirstContentBytes", options.Frames.MaxFirstContentBytes, 0, 64 * 1024 * 1024);
        Range("Reconnects:MaxRemembered", options.Reconnects.MaxRemembered, 1, 16 * 1024 * 1024);
        Range("Outbound:MaxPendingBytes", options.Outbound.MaxPendingBytes, 4 * 1024, 64 * 1024 * 1024);
        Range("Admission:MaxConnections", options.Admission.MaxConnections ?? 0, 0, int.MaxValue);
        Range("Admission:MaxConnectionsPerAddress", options.Admission.MaxConnectionsPerAddress, 0, int.MaxValue);
        Range("Admission:AcceptsPerSecond", options.Admission.AcceptsPerSecond, 0, 1_000_000);
        Range("Admission:PingsPerSecond", options.Admission.PingsPerSecond, 0, 1_000_000);
        Range("Admission:PingStrikes", options.Admission.PingStrikes, 1, 3_600);
        Range("Admission:MaxHeapBytes", options.Admission.MaxHeapBytes, 0, long.MaxValue);
        Range("Admission:MaxHeapPercent", options.Admission.MaxHeapPercent, 0, 100);
        Range("Admission:MaxResidentPercent", options.Admission.MaxResidentPercent ?? 0, 0, 100);
        Range("Messages:MaxUnacknowledged", options.Messages.MaxUnacknowledged, 1, 64 * 1024);
        Range("Messages:MaxUnacknowledgedBytes", options.Messages.MaxUnacknowledgedBytes, 1024, 64 * 1024 * 1024);
        Range("Messages:MaxHeldMessages", options.Messages.MaxHeldMessages, 1, 10_000);
        Range("Messages:MaxHeldBytes", options.Messages.MaxHeldBytes, 4 * 1024, 64 * 1024 * 1024);
        Range("Messages:MaxHeldTotalBytes", options.Messages.MaxHeldTotalBytes, 4 * 1024, 64L * 1024 * 1024 * 1024);
        Range("Logging:Burst", options.Logging.Burst, 1, 1_000_000);
        Range("Logging:LinesPerSecond", options.Logging.LinesPerSecond, 1, 100_000);
        Range("Logging:AddressBurst", options.Logging.AddressBurst, 1, 1_000_000);
        Range("Logging:AddressLinesPerSecond", options.Logging.AddressLinesPerSecond, 1, 100_000);
        if (options.Telemetry.ConnectionSpanRatio is not (>= 0 and <= 1))
        {
            errors.Add(string.Create(CultureInfo.InvariantCulture, $"Gateway:Telemetry:ConnectionSpanRatio is {options.Telemetry.ConnectionSpanRatio}, but must be between 0 and 1."));
        }

        errors.AddRange(LoggingOptionsValidator.Validate(options.Logging, options.Messages));
        errors.AddRange(SinkOptionsValidator.Validate(options.Messages.Sinks));
        foreach (var unknown in options.Admission.Observe.Where(name => LimitNames.Of(name) == LimitKind.None))
        {
            errors.Add($"Gateway:Admission:Observe holds '{unknown}', but its items must be names of limits that can be watched: {LimitNames.Listed}.");
        }

        var automatic = options.Admission.AutomaticBans;
        Duration("Admission:AutomaticBans:Window", automatic.Window, min: TimeSpan.FromSeconds(1));
        Duration("Admission:AutomaticBans:Duration", automatic.Duration, min: TimeSpan.FromSeconds(1));
        Range("Admission:AutomaticBans:MaxConnects", automatic.MaxConnects, 0, 1_000_000);
        Range("Admission:AutomaticBans:MaxConnectsPerAddress", automatic.MaxConnectsPerAddress, 0, 1_000_000);
        if (!Enum.IsDefined(automatic.Mode)) errors.Add($"Gateway:Admission:AutomaticBans:Mode is {automatic.Mode}, but must be Off, Observe or Enforce.");
        if (automatic.Mode == AutomaticBanMode.Enforce && options.Tokens.Scheme == "none")
        {
            errors.Add("Gateway:Admission:AutomaticBans:Mode is Enforce, but Gateway:Tokens:Scheme is none: any peer could have any client banned. Use Off, or a scheme that verifies hellos.");
        }

        if (!Enum.IsDefined(options.Frames.Resync)) errors.Add($"Gateway:Frames:Resync is {options.Frames.Resync}, but must be Strict or Scan.");
        if (!FrameTimeZone.TryParse(options.Frames.TimeZone, out var timeZone, out var zoneError)) errors.Add($"Gateway:Frames:TimeZone: {zoneError}.");

        if (!Enum.IsDefined(options.Proxy.Header)) errors.Add($"Gateway:Proxy:Header is {options.Proxy.Header}, but must be Required or Optional.");
        foreach (var network in options.Proxy.TrustedNetworks.Where(text => !IPNetwork.TryParse(text, out _)))
        {
            errors.Add($"Gateway:Proxy:TrustedNetworks holds '{network}', but its items must be networks such as 10.0.0.0/8 or 2001:db8::/32, with no bits set after the prefix.");
        }

        keyring = Keyring(options.Tokens, timeZone, errors);
        return errors;

        void Duration(string key, TimeSpan value, TimeSpan min = default)
        {
            if (value < min) errors.Add($"Gateway:{key} is {value}, but must be {(min > TimeSpan.Zero ? $"at least {min}" : "0 (off) or more")}, written hh:mm:ss.");
            else if (value > MaxDuration) errors.Add($"Gateway:{key} is {value}, which is more than a day: durations are written hh:mm:ss, and a bare number means days.");
            else if (value > TimeSpan.Zero && value < TimeSpan.FromMilliseconds(1)) errors.Add($"Gateway:{key} is {value}, but must be 0 (off) or at least a millisecond.");
        }

        void Range(string key, long value, long min, long max)
        {
            if (value < min || value > max) errors.Add($"Gateway:{key} is {value}, but must be between {min} and {max}.");
        }
    }

    private static TokenKeyringOptions? Keyring(TokenOptions options, FrameTimeZone timeZone, List<string> errors)
    {
        TokenScheme? scheme = options.Scheme switch
        {
            "hmac-sha256" => TokenScheme.HmacSha256,
            "digest" => TokenScheme.Digest,
            "none" => TokenScheme.None,
            _ => null,
        };
        if (scheme is not { } known)
        {
            errors.Add($"Gateway:Tokens:Scheme is '{options.Scheme}', but must be hmac-sha256, digest or none.");
            return null;
        }

        var before = errors.Count;
        var secrets = known == TokenScheme.None ? [] : options.Keys.Select((key, index) => Secret(key, index, known, errors)).OfType<TokenSecret>().ToList();
        if (known != TokenScheme.None && options.Keys.Count == 0)
        {
            errors.Add($"Gateway:Tokens:Keys:0:Secret is missing: the scheme {options.Scheme} needs a secret, given as Gateway__Tokens__Keys__0__Secret or, as a file, Gateway__Tokens__Keys__0__SecretFile.");
        }

        errors.AddRange(SharedSecrets.FindFaults(secrets));
        foreach (var twice in secrets.CountBy(s => s.Id, StringComparer.Ordinal).Where(c => c.Value > 1))
        {
            errors.Add($"Gateway:Tokens:Keys: the id '{twice.Key}' stands {twice.Value} times, but must be unique.");
        }

        if (!DigestRecipe.TryCreate(options.Digest.Algorithm, options.Digest.Output, options.Digest.Recipe, out var recipe, out var recipeError))
        {
            errors.Add($"Gateway:Tokens:Digest: {recipeError}.");
        }

        if (errors.Count > before) return null;
        return new TokenKeyringOptions { Scheme = known, Secrets = [.. secrets], Digest = recipe, MaxAge = options.MaxAge, TimeZone = timeZone };
    }

    private static TokenSecret? Secret(TokenKeyOptions key, int index, TokenScheme scheme, List<string> errors)
    {
        var name = $"Gateway:Tokens:Keys:{index}";
        var id = key.Id ?? $"k{index + 1}";
        if (!TokenSecret.IsValidId(id))
        {
            // A value as long as a secret may be a secret under the wrong key, so it is not repeated.
            errors.Add($"{name}:Id {(id.Length < TokenSecret.MinSecretBytes ? $"is '{id}'" : $"has {id.Length} characters")}, but must have 1 to 6 characters of A-Z a-z 0-9 _ -.");
            return null;
        }

        var unusable = key.Clients.FirstOrDefault(pattern => !ClientIdPattern.IsValid(pattern));
        if (unusable is not null)
        {
            errors.Add($"{name}:Clients holds '{unusable}', but its items must have 1 to {ClientId.MaxLength} characters of A-Z a-z 0-9 . _ : - and *.");
            return null;
        }

        if (key.Clients.Count > 0 && scheme != TokenScheme.HmacSha256)
        {
            errors.Add($"{name}:Clients binds the key to clients, but only tokens of the scheme hmac-sha256 can contain a key id.");
            return null;
        }

        if (key.PerClient && scheme != TokenScheme.HmacSha256)
        {
            errors.Add($"{name}:PerClient derives a secret for each client, but only tokens of the scheme hmac-sha256 can contain a key id.");
            return null;
        }

        if (!ConfiguredSecret.TryRead(key, name, errors, out var secret)) return null;
        var bytes = Encoding.UTF8.GetByteCount(secret);
        if (bytes == 0 || (scheme == TokenScheme.HmacSha256 && bytes < TokenSecret.MinSecretBytes))
        {
            var source = key.SecretFile is null ? "Secret" : "SecretFile";
            errors.Add($"{name}:{source} holds a secret of {bytes} bytes, but must hold at least {(scheme == TokenScheme.HmacSha256 ? TokenSecret.MinSecretBytes : 1)}.");
            return null;
        }

        return new TokenSecret(id, secret) { Clients = [.. key.Clients.Select(pattern => new ClientIdPattern(pattern))], PerClient = key.PerClient };
    }
}
