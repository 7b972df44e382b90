using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Runtime.InteropServices;
using HeartbeatGateway.Epoll.Native;
using HeartbeatGateway.Server.Transports;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace HeartbeatGateway.Epoll;

/// <summary>One connection. Kept small, since an idle client costs little more than this.</summary>
internal sealed partial class EpollConnection : ConnectionContext, IDuplexPipe,
    IConnectionIdFeature, IConnectionItemsFeature, IConnectionLifetimeFeature, IConnectionTransportFeature, IConnectionEndPointFeature, ITransportInfoFeature
{
    private readonly EpollLoop _loop;
    private readonly EpollReader _reader;
    private readonly EpollWriter _writer;
    private IDuplexPipe? _transport;
    private Rare? _rare;
    private uint _interest;
    private bool _isRegistered;
    private volatile bool _hasPeerEnded;
    private int _isAborted;
    private volatile int _sendError;

    public EpollConnection(EpollLoop loop, int descriptor, EndPoint? remote)
    {
        _loop = loop;
        Guard = new DescriptorGuard(descriptor);
        _reader = new EpollReader(this);
        _writer = new EpollWriter(this);
        RemoteEndPoint = remote;
        Key = loop.Connections.Add(this);
    }

    /// <summary>The descriptor. A field and not a property: a struct that changes.</summary>
    public DescriptorGuard Guard;

    /// <summary>What the kernel tells with each event of this connection.</summary>
    public ulong Key { get; }

    PipeReader IDuplexPipe.Input => _reader;

    PipeWriter IDuplexPipe.Output => _writer;

    /// <summary>What a send has failed with (errno(3)) when the peer did not end the connection itself; otherwise 0.</summary>
    public int SendError => _sendError;

    private Rare Rarely => LazyInitializer.EnsureInitialized(ref _rare, static () => new Rare());

    public bool IsAborted => Volatile.Read(ref _isAborted) != 0;

    /// <summary>The program goes on on the loop's thread.</summary>
    public bool IsInline => _loop.IsInline;

    /// <summary>The calling thread is not that of the connection's loop.</summary>
    public bool IsAwayFromLoop => EpollLoop.Current != _loop;

    /// <summary>Made at each call: it is needed for log lines of the server alone.</summary>
    public override string ConnectionId
    {
        get => string.Create(CultureInfo.InvariantCulture, $"{Key >> 32:X}-{(uint)Key:X}");
        set => throw new NotSupportedException();
    }

    public override IFeatureCollection Features => this;

    public override IDictionary<object, object?> Items
    {
        get => Rarely.Items ??= new ConnectionItems();
        set => Rarely.Items = value;
    }

    public override IDuplexPipe Transport
    {
        get => _transport ?? this;
        set => _transport = value == this ? null : value;
    }

    /// <summary>Cancelled when the peer has ended the connection, and at its end.</summary>
    public override CancellationToken ConnectionClosed
    {
        get
        {
            var source = LazyInitializer.EnsureInitialized(ref Rarely.Closed, static () => new CancellationTokenSource());
            if (_hasPeerEnded || Guard.IsClosed) CancelClosed();
            else SetInterest(EpollEventLayout.ReadHangUp, 0);
            return source.Token;
        }
        set => throw new NotSupportedException();
    }

    /// <summary>Asked of the system at each call: few connections are asked, and each would hold it.</summary>
    public override EndPoint? LocalEndPoint
    {
        get => base.LocalEndPoint ?? With(static descriptor => SocketOptions.EndPointOf(descriptor, isPeer: false));
        set => base.LocalEndPoint = value;
    }

    /// <inheritdoc/>
    public EndPoint? PeerEndPoint => With(static descriptor => SocketOptions.EndPointOf(descriptor, isPeer: true));

    /// <inheritdoc/>
    public long? AcknowledgedBytes => Statistics?.AcknowledgedBytes;

    /// <inheritdoc/>
    public TcpStatistics? Statistics => With(static descriptor =>
    {
        Span<byte> info = stackalloc byte[TcpStatistics.TcpInfoLength];
        return SocketOptions.TryReadTcpInfo(descriptor, info) ? TcpStatistics.FromTcpInfo(info) : (TcpStatistics?)null;
    });

    /// <inheritdoc/>
    public bool CanProbe => true;

    /// <inheritdoc/>
    // In this order: bytes that the kernel no longer has are the reader's by then.
    public bool HasUnreadInput(TimeSpan sinceLastRead) => With(Libc.Available) > 0 || _reader.HasUnexamined;

    /// <inheritdoc/>
    public int? ReadRound => _loop.Round;

    /// <inheritdoc/>
    public bool TryBeginProbe() => With(static descriptor =>
        // In this order: a time that has passed already, set on a socket with keepalive, makes the kernel probe at once.
        !SocketOptions.HasKeepAlive(descriptor) && SocketOptions.SetKeepAlive(descriptor, isOn: true) && SocketOptions.SetKeepAliveTime(descriptor, 1));

    /// <inheritdoc/>
    public void EndProbe() => With(static descriptor => SocketOptions.SetKeepAlive(descriptor, isOn: false));

    /// <inheritdoc/>
    public void ShutdownSend() => With(static descriptor => Libc.Shutdown(descriptor, Libc.ShutdownSend));

    /// <summary>The loop has events of this connection. The program's code runs on its thread.</summary>
    public void OnEvents(uint events)
    {
        const uint Failed = EpollEventLayout.Error | EpollEventLayout.HangUp;
        if ((events & (EpollEventLayout.Out | Failed)) != 0) _writer.OnWritable();
        if ((events & (EpollEventLayout.ReadHangUp | Failed)) != 0) PeerEnded();
        if ((events & (EpollEventLayout.In | Failed)) == 0 || _reader.OnReadable(_loop)) return;
        // The program does not read at the moment: without this the event would come again and again.
        if ((events & Failed) != 0) Unregister();
        else SetInterest(0, EpollEventLayout.In);
        Interlocked.MemoryBarrier();
        if (_reader.IsWaiting) WantRead();
    }

    /// <summary>The program waits for bytes.</summary>
    public void WantRead()
    {
        if ((Volatile.Read(ref _interest) & EpollEventLayout.In) == 0) SetInterest(EpollEventLayout.In, 0);
    }

    /// <summary>Bytes wait for room in the kernel.</summary>
    public void WantWrite(bool isWanted) => SetInterest(isWanted ? EpollEventLayout.Out : 0, isWanted ? 0 : EpollEventLayout.Out);

    /// <summary>The peer sends no more.</summary>
    public void PeerEnded()
    {
        var isFirst = !_hasPeerEnded;
        _hasPeerEnded = true;
        Interlocked.MemoryBarrier();
        // Not only at first: the token may have been asked for, and the event wanted, at this moment.
        if ((Volatile.Read(ref _interest) & EpollEventLayout.ReadHangUp) != 0) SetInterest(0, EpollEventLayout.ReadHangUp);
        if (isFirst) FireClosed();
    }

    /// <summary>A send has failed. After EPIPE the receiving side tells by itself how the connection has ended.</summary>
    public void SendFailed(int error)
    {
        if (error != Libc.EPIPE) _sendError = error;
    }

    /// <summary>The program's code has thrown an exception on the loop's thread. It ends this connection alone.</summary>
    public void OnProgramFailed(Exception exception)
    {
        Abort(new ConnectionAbortedException("The program of the connection has failed.", exception));
        Report(exception);
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        if (Interlocked.Exchange(ref _isAborted, 1) != 0) return;
        // The peer gets a reset, as from Kestrel's own transport, and the kernel does not keep what was not sent.
        With(SocketOptions.SetResetOnClose);
        CloseDescriptor();
        _writer.Close();
        _reader.Abort(abortReason);
    }

    public override async ValueTask DisposeAsync()
    {
        await _reader.CompleteAsync();
        await _writer.CompleteAsync();
        if (!IsAborted) await _writer.WhenSentAsync();
        CloseDescriptor();
        await base.DisposeAsync();
    }

    private void CloseDescriptor()
    {
        // First out of the table: the system may give the number to a new connection at once.
        _loop.Connections.Remove(this);
        if (Guard.Close()) FireClosed();
    }

    private void FireClosed()
    {
        if (Volatile.Read(ref _rare)?.Closed is not null) ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.CancelClosed(), this, preferLocal: false);
    }

    private void CancelClosed()
    {
        try
        {
            _rare!.Closed!.Cancel();
        }
        catch (Exception e)
        {
            // A callback of the program has thrown it. On the thread pool it would end the process.
            Report(e);
        }
    }

    private void Report(Exception exception)
    {
        try
        {
            _loop.Logger.ProgramFailed(exception, ConnectionId);
        }
        catch (Exception e)
        {
            // A logger that throws must not end the loop, which serves others. There is no other place to report to.
            Trace.TraceError($"{exception}{Environment.NewLine}The logger has thrown {e}");
        }
    }

    /// <returns>Default once the descriptor is closed.</returns>
    private T? With<T>(Func<int, T> call)
    {
        if (!Guard.TryEnter()) return default;
        try
        {
            return call(Guard.Descriptor);
        }
        finally
        {
            Guard.Leave();
        }
    }

    private void Unregister()
    {
        lock (_reader)
        {
            if (!_isRegistered || !Guard.TryEnter()) return;
            _loop.Remove(Guard.Descriptor);
            Guard.Leave();
            _isRegistered = false;
            Volatile.Write(ref _interest, 0);
        }
    }

    private void SetInterest(uint add, uint remove)
    {
        int error;
        lock (_reader)
        {
            var interest = (_interest | add) & ~remove;
            if (interest == _interest || !Guard.TryEnter()) return;
            error = _loop.Watch(Guard.Descriptor, interest, Key, isNew: !_isRegistered);
            Guard.Leave();
            if (error == 0)
            {
                _isRegistered = true;
                Volatile.Write(ref _interest, interest);
                return;
            }
        }

        Abort(new ConnectionAbortedException($"The connection cannot be watched: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})."));
    }

    /// <summary>What few connections need.</summary>
    private sealed class Rare
    {
        public IDictionary<object, object?>? Items;
        public CancellationTokenSource? Closed;
    }
}
