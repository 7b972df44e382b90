using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Transports;

namespace HeartbeatGateway.Server.Connection;

/// <summary>
/// The input of a layer between transport and read loop, such as TLS. It applies below that layer what the read loop applies to itself: the read
/// budget and the end of the connection. It also ends a connection whose bytes never become data, such as one that sends TLS KeyUpdate records
/// without end: the layer works them off without returning to the read loop.
/// </summary>
internal sealed class LayerInput(PipeReader inner, GatewayConnection connection, TimeProvider timeProvider) : PipeReader
{
    /// <summary>
    /// Bytes that the layer may take without a byte of data above it. A handshake with a long chain of client certificates needs some
    /// 20 KiB, a TLS record at most 16.3 KiB (RFC 8446, section 5.2).
    /// </summary>
    public const int MaxBytesWithoutData = 64 * 1024;

    /// <summary>
    /// How much of an interval the layer may keep its thread busy; after that the connection goes on on the thread pool. In time and not in bytes:
    /// a KeyUpdate record of 22 bytes costs as much as 10 KiB of data.
    /// </summary>
    private static readonly TimeSpan MaxBusy = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private long _intervalBegan;
    private long _handedOver;
    private TimeSpan _busy;
    private ReadResult _last;
    private long _dataRead;
    private long _bytesWithoutData;
    private bool _isRefused;

    /// <summary>The peer has sent at least one byte.</summary>
    public bool HasReadBytes { get; private set; }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        // The layer may read many times without looking at its token in between.
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFlooded();
        return IsTooBusy() ? ReadOnThreadPoolAsync(cancellationToken) : NoteAsync(inner.ReadAsync(cancellationToken));
    }

    public override bool TryRead(out ReadResult result)
    {
        ThrowIfFlooded();
        if (!inner.TryRead(out result)) return false;
        Note(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        // What the layer took, and not what arrived: a layer may look at bytes several times before it takes them.
        if (!_last.Buffer.IsEmpty) _bytesWithoutData += _last.Buffer.Slice(0, consumed).Length;
        _last = default;
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> NoteAsync(ValueTask<ReadResult> read) => Note(await read);

    private async ValueTask<ReadResult> ReadOnThreadPoolAsync(CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        _busy = TimeSpan.Zero;
        return Note(await inner.ReadAsync(cancellationToken));
    }

    private ReadResult Note(in ReadResult read)
    {
        if (connection.BytesRead != _dataRead) (_dataRead, _bytesWithoutData) = (connection.BytesRead, 0);
        if (!read.Buffer.IsEmpty) (HasReadBytes, connection.ProbeKind) = (true, null);
        _handedOver = timeProvider.GetTimestamp();
        _last = read;
        return read;
    }

    /// <summary>Adds the time since the layer was given its last bytes, in which it worked on them.</summary>
    private bool IsTooBusy()
    {
        var now = timeProvider.GetTimestamp();
        if (timeProvider.GetElapsedTime(_intervalBegan, now) > Interval) (_intervalBegan, _busy) = (now, TimeSpan.Zero);
        // Not before the interval: a read loop that was paused was not busy.
        if (_handedOver > _intervalBegan) _busy += timeProvider.GetElapsedTime(_handedOver, now);
        return _busy > MaxBusy;
    }

    private void ThrowIfFlooded()
    {
        // Data may wait above the layer while the read loop is paused.
        if (!_isRefused && (_bytesWithoutData <= MaxBytesWithoutData || connection.BytesRead != _dataRead || connection.IsPaused)) return;
        if (!_isRefused)
        {
            _isRefused = true;
            connection.Close(connection.Kind == TransportKind.WebSocket
                ? new CloseRequest(CloseReason.WebSocketInvalid) { Detail = $"{_bytesWithoutData} bytes came without a byte of data (empty messages or WebSocket pings)" }
                : new CloseRequest(CloseReason.TlsFailed) { Detail = $"{_bytesWithoutData} bytes came without a byte of data (KeyUpdate, renegotiation or empty records)" });
        }

        // An IOException passes through SslStream as it is.
        throw new IOException($"The connection has ended ({connection.Reason.ToWireName()}).");
    }
}
