using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Tests.Transport;

/// <summary>After any failure of one connection, the next one is accepted.</summary>
public sealed class ResilientSocketListenerTests : IDisposable
{
    private readonly Socket _listening = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly EmergencyDescriptors _reserve = new();

    public ResilientSocketListenerTests()
    {
        _listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listening.Listen();
    }

    public static TheoryData<Exception> Failures => new()
    {
        new InvalidOperationException("an internal error"),
        new ObjectDisposedException("the accepted socket"),
        new OperationCanceledException("without a stop request"),
        new SocketException((int)SocketError.ConnectionReset),
        new OutOfMemoryException(),
    };

    public void Dispose()
    {
        _listening.Dispose();
        _reserve.Dispose();
    }

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task An_exception_of_the_transport_closes_its_connection_and_no_other(Exception failure)
    {
        var calls = 0;
        var logs = new FakeLogger();
        var listener = new ResilientSocketListener(_listening, new SocketAcceptor(socket => calls++ < 3 ? throw failure : Connected(socket)), _reserve, TimeProvider.System, logs);
        var accepting = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        for (var i = 0; i < 3; i++)
        {
            using var lost = await ConnectAsync();
            // The connection is closed, not left open.
            Assert.Equal(0, await EndAsync(lost.ReceiveAsync(new byte[1])));
        }

        Assert.False(accepting.IsCompleted);
        using var next = await ConnectAsync();
        Assert.NotNull(await EndAsync(accepting));
        Assert.Contains(logs.Collector.GetSnapshot(), l => l.Id.Name == "AcceptFailed" && l.Message.Contains(failure.Message, StringComparison.Ordinal));

        var last = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        listener.Stop();
        Assert.Null(await last);
    }

    [Fact]
    public async Task An_exception_before_the_transport_is_called_closes_its_connection_and_no_other()
    {
        var listener = new FailingListener(_listening, _reserve);
        var accepting = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        using var lost = await ConnectAsync();
        Assert.Equal(0, await EndAsync(lost.ReceiveAsync(new byte[1])));
        using var next = await ConnectAsync();
        Assert.NotNull(await EndAsync(accepting));
        listener.Stop();
    }

    [Fact]
    public async Task Connections_are_not_created_on_the_thread_that_receives_socket_events()
    {
        var stack = "";
        var listener = new ResilientSocketListener(
            _listening,
            new SocketAcceptor(socket =>
            {
                stack = Environment.StackTrace;
                return Connected(socket);
            }),
            _reserve,
            TimeProvider.System,
            NullLogger.Instance);
        var accepting = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        using var client = await ConnectAsync();
        Assert.NotNull(await EndAsync(accepting));
        Assert.DoesNotContain("System.Net.Sockets.", stack, StringComparison.Ordinal);
        listener.Stop();
    }

    [Fact]
    public async Task No_connection_is_accepted_until_the_descriptor_reserve_is_held_and_then_the_waiting_one_is()
    {
        var left = EmergencyDescriptors.Descriptors + 1;
        using var reserve = new EmergencyDescriptors(() => left > 0 ? left-- : -1, _ => left++);
        reserve.Release();
        left = 0;
        var time = new TimeWithTimers();
        var logs = new FakeLogger();
        var listener = new ResilientSocketListener(_listening, new SocketAcceptor(Connected), reserve, time, logs);
        using var client = await ConnectAsync();
        var accepting = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        for (var i = 0; i < 15; i++)
        {
            await time.CreatedAsync(i + 1);
            Assert.True(listener.IsOutOfDescriptors);
            Assert.False(accepting.IsCompleted);
            time.Advance(TimeSpan.FromMilliseconds(100));
        }

        await time.CreatedAsync(16);
        // Logged at once and a second later, not fifteen times.
        Assert.Equal(2, logs.Collector.GetSnapshot().Count(l => l.Id.Name == "AcceptFailed"));
        left = EmergencyDescriptors.Descriptors + 1;
        time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.NotNull(await EndAsync(accepting));
        Assert.False(listener.IsOutOfDescriptors);
        listener.Stop();
    }

    [Fact]
    public async Task Accepted_sockets_wait_in_the_listener_and_not_in_the_short_queue_of_the_system()
    {
        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen(backlog: 1);
        var listener = new ResilientSocketListener(listening, new SocketAcceptor(Connected), _reserve, TimeProvider.System, NullLogger.Instance);
        var clients = new List<Socket>();
        // AcceptAsync is not called yet. With a system queue of one, the third connect would not complete.
        for (var i = 0; i < 200; i++) clients.Add(await ConnectAsync(listening));
        for (var i = 0; i < 100; i++) Assert.NotNull(await EndAsync(listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask()));
        listener.Stop();
        Assert.Null(await EndAsync(listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask()));
        // The connection is closed, not left open.
        foreach (var left in clients.Skip(100)) Assert.Equal(0, await EndAsync(left.ReceiveAsync(new byte[1])));
        clients.ForEach(c => c.Dispose());
    }

    [Fact]
    public async Task At_most_the_configured_number_of_sockets_waits_in_the_listener()
    {
        var listener = new CountingListener(_listening, _reserve, maxWaiting: 3);
        var clients = new List<Socket>();
        for (var i = 0; i < 6; i++) clients.Add(await ConnectAsync());
        for (var asked = 0; asked < 3; asked++)
        {
            await listener.WhenAcceptedAsync(3 + asked);
            Assert.Equal(3 + asked, listener.Count);
            Assert.NotNull(await EndAsync(listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask()));
        }

        listener.Stop();
        clients.ForEach(c => c.Dispose());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(EmergencyDescriptors.Descriptors + 1)]
    public async Task Stop_ends_the_accept_loop_at_once_in_every_wait(int descriptorsLeft)
    {
        var left = descriptorsLeft;
        using var reserve = new EmergencyDescriptors(() => left > 0 ? left-- : -1, _ => left++);
        var time = new TimeWithTimers();
        var listener = new ResilientSocketListener(_listening, new SocketAcceptor(Connected), reserve, time, NullLogger.Instance);
        var accepting = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        if (descriptorsLeft == 0) await time.CreatedAsync(1);
        listener.Stop();
        Assert.Null(await EndAsync(accepting));
    }

    private static Task<T> EndAsync<T>(Task<T> task) => task.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);

    private Task<Socket> ConnectAsync() => ConnectAsync(_listening);

    private static async Task<Socket> ConnectAsync(Socket listening)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        await socket.ConnectAsync(listening.LocalEndPoint!, limit.Token);
        return socket;
    }

    private static DefaultConnectionContext Connected(Socket socket)
    {
        var context = new DefaultConnectionContext();
        context.ConnectionClosed.Register(socket.Dispose);
        return context;
    }

    /// <summary>A clock that signals when a timer was created.</summary>
    private sealed class TimeWithTimers : TestClock
    {
        private readonly SemaphoreSlim _created = new(0);
        private int _seen;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _created.Release();
            return timer;
        }

        public async Task CreatedAsync(int count)
        {
            for (; _seen < count; _seen++) Assert.True(await _created.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        }
    }

    private sealed class CountingListener(Socket socket, EmergencyDescriptors reserve, int maxWaiting)
        : ResilientSocketListener(socket, new SocketAcceptor(Connected), reserve, TimeProvider.System, NullLogger.Instance, maxWaiting)
    {
        private readonly SemaphoreSlim _accepts = new(0);
        private int _seen;
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public async Task WhenAcceptedAsync(int count)
        {
            for (; _seen < count; _seen++) Assert.True(await _accepts.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        }

        protected override bool ShouldAccept(in Accepted accepted)
        {
            Interlocked.Increment(ref _count);
            _accepts.Release();
            return true;
        }
    }

    private sealed class FailingListener(Socket socket, EmergencyDescriptors reserve) : ResilientSocketListener(socket, new SocketAcceptor(Connected), reserve, TimeProvider.System, NullLogger.Instance)
    {
        private int _calls;

        protected override bool ShouldAccept(in Accepted accepted) => _calls++ == 0 ? throw new InvalidOperationException() : base.ShouldAccept(accepted);
    }
}
