using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;

namespace HeartbeatGateway.Tls;

/// <summary>
/// A TLS stream whose peer cannot make a read fail with anything but an <see cref="IOException"/>. <see cref="SslStream"/> throws
/// <see cref="AuthenticationException"/> for bytes on an open connection that are no TLS record, which would look like a fault of the gateway.
/// </summary>
internal sealed class TlsStream(Stream inner) : SslStream(inner, leaveInnerStreamOpen: true)
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = base.ReadAsync(buffer, cancellationToken);
        return read.IsCompletedSuccessfully ? read : AwaitAsync(read);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<int> AwaitAsync(ValueTask<int> read)
    {
        try
        {
            return await read;
        }
        catch (AuthenticationException e)
        {
            throw new IOException($"The peer sent bytes that are no TLS record: {e.Message}", e);
        }
    }
}
