using System.Net.Security;

namespace HeartbeatGateway.Tls;

/// <summary>
/// TLS on a connection. Until the first byte of data it reports a client's alert: with TLS 1.3 the handshake is over for the gateway before the
/// client has judged the gateway's certificate, so a refusal arrives as a failed read (RFC 8446, section 4.4.4).
/// </summary>
/// <param name="inner">The connection's bytes.</param>
/// <param name="failed">Told of the fault, once, before the read throws.</param>
internal sealed class TlsStream(Stream inner, Action<HandshakeFault> failed) : SslStream(inner, leaveInnerStreamOpen: true)
{
    private Action<HandshakeFault>? _failed = failed;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = base.ReadAsync(buffer, cancellationToken);
        return _failed is null ? read : WatchAsync(read);
    }

    private async ValueTask<int> WatchAsync(ValueTask<int> read)
    {
        try
        {
            var bytes = await read;
            if (bytes > 0) _failed = null;
            return bytes;
        }
        catch (IOException e) when (HandshakeFaults.FromOpenSsl(e, version: null) is { } fault)
        {
            Interlocked.Exchange(ref _failed, null)?.Invoke(fault);
            throw;
        }
    }
}
