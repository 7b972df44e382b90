using System.Globalization;
using System.Security.Authentication;
using System.Text.RegularExpressions;
using HeartbeatGateway.Server.Transports;

namespace HeartbeatGateway.Tls;

/// <summary>
/// Says what an exception of <see cref="System.Net.Security.SslStream"/> stands for. On Linux the cause is an error number of OpenSSL inside the
/// innermost message: <c>error:0A000418:SSL routines::tlsv1 alert unknown ca</c>. The numbers are stable (sslerr.h), the texts are not.
/// </summary>
internal static partial class HandshakeFaults
{
    private const int SslLibrary = 20;

    /// <summary>Reasons from here on are alerts of the peer: this number and that of the alert (SSL_AD_REASON_OFFSET).</summary>
    private const int AlertOffset = 1000;

    /// <param name="exception">What the handshake threw.</param>
    /// <param name="version">The version that the ClientHello names; null when it is not known.</param>
    public static HandshakeFault From(Exception exception, (byte Major, byte Minor)? version) => FromOpenSsl(exception, version) ?? exception switch
    {
        AuthenticationException => new($"the handshake failed: {Innermost(exception).Message}", TlsFailureCause.Other),
        IndexOutOfRangeException or ArgumentException => new("its ClientHello is malformed", TlsFailureCause.Other),
        Microsoft.AspNetCore.Connections.ConnectionResetException => new("it reset the connection before the handshake was complete", TlsFailureCause.Incomplete),
        _ => new("it closed the connection before the handshake was complete, without a TLS alert", TlsFailureCause.Incomplete),
    };

    /// <returns>Null when the exception carries no error of OpenSSL's TLS.</returns>
    private static HandshakeFault? FromOpenSsl(Exception exception, (byte Major, byte Minor)? version)
    {
        var message = Innermost(exception).Message;
        if (!ErrorNumber().Match(message).Groups["number"].TryParseHex(out var number) || number >> 23 != SslLibrary) return null;
        return (int)(number & 0x7f_ffff) switch
        {
            // unsupported_protocol, wrong_version_number, version_too_low, version_too_high.
            258 or 267 or 396 or 166 => new($"it supports {Describe(version)}, but this port accepts TLS 1.2 and 1.3 only", TlsFailureCause.ProtocolVersion),
            // no_shared_cipher, no_shared_groups, no_suitable_key_share, no_shared_signature_algorithms, no_suitable_signature_algorithm,
            // no_ciphers_specified.
            193 or 410 or 101 or 376 or 118 or 183 => new($"client and gateway have no cipher suite, key exchange or signature algorithm in common ({message})", TlsFailureCause.NoCommonCipher),
            > AlertOffset and < AlertOffset + 256 and var alert => OfAlert(alert - AlertOffset),
            _ => new($"the handshake failed: {message}", TlsFailureCause.Other),
        };
    }

    private static HandshakeFault OfAlert(int alert)
    {
        var name = NameOf(alert);
        return alert switch
        {
            48 or 46 or 42 => new($"the client does not accept the gateway's certificate (alert {alert}, {name}): it must trust the certificate's root and expect its host name", TlsFailureCause.ServerCertificateRejected),
            43 or 44 or 45 or 113 => new($"the client does not accept the gateway's certificate (alert {alert}, {name})", TlsFailureCause.ServerCertificateRejected),
            70 => new("the client does not accept TLS 1.2 or 1.3 (alert 70, protocol_version)", TlsFailureCause.ProtocolVersion),
            _ => new($"the client ended the handshake (alert {alert}, {name})", TlsFailureCause.ClientAlert),
        };
    }

    /// <summary>Names of alerts (RFC 8446, section 6; RFC 5246, section 7.2, for those of TLS 1.2).</summary>
    private static string NameOf(int alert) => alert switch
    {
        10 => "unexpected_message",
        20 => "bad_record_mac",
        21 => "decryption_failed",
        22 => "record_overflow",
        40 => "handshake_failure",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        120 => "no_application_protocol",
        _ => "unknown",
    };

    /// <summary>TLS 1.0 is 3.1, and so on.</summary>
    private static string Describe((byte Major, byte Minor)? version) => version switch
    {
        (3, 0) => "SSL 3.0 at most",
        (3, >= 1 and <= 2 and var minor) => $"TLS 1.{minor - 1} at most",
        _ => "other versions of TLS",
    };

    private static Exception Innermost(Exception exception) => exception.GetBaseException();

    private static bool TryParseHex(this Group group, out uint number) =>
        uint.TryParse(group.ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);

    [GeneratedRegex("error:(?<number>[0-9A-Fa-f]{8}):", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ErrorNumber();
}

/// <summary>Why TLS ended a connection.</summary>
/// <param name="Fault">For the log; no text of the peer's that is not escaped.</param>
/// <param name="Cause">For the counter.</param>
internal sealed record HandshakeFault(string Fault, TlsFailureCause Cause) : IHandshakeFaultFeature;
