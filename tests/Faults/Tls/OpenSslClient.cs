using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace HeartbeatGateway.Faults.Tests.Tls;

/// <summary>A TLS client straight on OpenSSL, for what .NET's cannot send: KeyUpdate records without end, records of one byte, renegotiation. Blocking.</summary>
internal sealed class OpenSslClient : IDisposable
{
    private const string Library = "libssl.so.3";
    private const int SetMinProtocol = 123;
    private const int SetMaxProtocol = 124;
    private const int KeyUpdateNotRequested = 0;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly nint _context;
    private readonly nint _connection;

    /// <param name="gateway">Where to.</param>
    /// <param name="version"><c>0x0303</c> for TLS 1.2, <c>0x0304</c> for 1.3.</param>
    public OpenSslClient(IPEndPoint gateway, int version = 0x0304)
    {
        _socket.Connect(gateway);
        _context = SSL_CTX_new(TLS_client_method());
        _ = SSL_CTX_ctrl(_context, SetMinProtocol, version, 0);
        _ = SSL_CTX_ctrl(_context, SetMaxProtocol, version, 0);
        _connection = SSL_new(_context);
        _ = SSL_set_fd(_connection, (int)_socket.Handle);
        if (SSL_connect(_connection) != 1) throw new IOException("OpenSSL did not finish its handshake.");
    }

    /// <returns>False when the connection has ended.</returns>
    public bool TryKeyUpdate() => SSL_key_update(_connection, KeyUpdateNotRequested) == 1 && SSL_do_handshake(_connection) == 1;

    /// <inheritdoc cref="TryKeyUpdate"/>
    public bool TryRenegotiate() => SSL_renegotiate(_connection) == 1 && SSL_do_handshake(_connection) == 1;

    /// <summary>Writes bytes as one record.</summary>
    /// <inheritdoc cref="TryKeyUpdate"/>
    public unsafe bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes) return SSL_write(_connection, (nint)start, bytes.Length) == bytes.Length;
    }

    /// <summary>Whatever blocks in this client ends.</summary>
    public void Abort() => _socket.Close(timeout: 0);

    public void Dispose()
    {
        SSL_free(_connection);
        SSL_CTX_free(_context);
        _socket.Dispose();
    }

#pragma warning disable SYSLIB1054, CA5392, IDE1006, SA1300 // Names and marshalling as in openssl/ssl.h.
    [DllImport(Library)] private static extern nint TLS_client_method();

    [DllImport(Library)] private static extern nint SSL_CTX_new(nint method);

    [DllImport(Library)] private static extern long SSL_CTX_ctrl(nint context, int command, long value, nint pointer);

    [DllImport(Library)] private static extern void SSL_CTX_free(nint context);

    [DllImport(Library)] private static extern nint SSL_new(nint context);

    [DllImport(Library)] private static extern void SSL_free(nint connection);

    [DllImport(Library)] private static extern int SSL_set_fd(nint connection, int descriptor);

    [DllImport(Library)] private static extern int SSL_connect(nint connection);

    [DllImport(Library)] private static extern int SSL_key_update(nint connection, int kind);

    [DllImport(Library)] private static extern int SSL_renegotiate(nint connection);

    [DllImport(Library)] private static extern int SSL_do_handshake(nint connection);

    [DllImport(Library)] private static extern int SSL_write(nint connection, nint bytes, int count);
#pragma warning restore SYSLIB1054, CA5392, IDE1006, SA1300
}
