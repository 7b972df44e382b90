using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace HeartbeatGateway.Tests.Transport;

/// <summary>Whatever goes wrong with one connection, the next one is accepted.</summary>
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
        new InvalidOperationException("a fault of ours"),
        new ObjectDisposedException("the accepted socket"),
        new OperationCanceledException("nobody asked to stop"),
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
    public async Task A_transport_that_throws_costs_its_connection_and_no_other(Exception failure)
    {
        var calls = 0;
        var logs = new FakeLogger();
        var listener = new ResilientSocketListener(_listening, socket => calls++ < 3 ? throw failure : Connected(socket), _reserve, TimeProvider.System, logs);
        var accepting = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        for (var i = 0; i < 3; i++)
        {
            using var lost = await ConnectAsync();
            // Closed, and not left to hang.
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
    public async Task What_throws_before_the_transport_is_asked_costs_its_connection_and_no_other()
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
    public async Task A_storm_does_not_keep_the_thread_that_sockets_events_come_on()
    {
        var stack = "";
        var listener = new ResilientSocketListener(
            _listening,
            socket =>
            {
                stack = Environment.StackTrace;
                return Connected(socket);
            },
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
    public async Task While_the_reserve_of_descriptors_cannot_be_held_nobody_is_accepted_and_then_the_one_who_waited()
    {
        var left = EmergencyDescriptors.Descriptors + 1;
        using var reserve = new EmergencyDescriptors(() => left > 0 ? left-- : -1, _ => left++);
        reserve.Release();
        left = 0;
        var time = new TimeWithTimers();
        var logs = new FakeLogger();
        var listener = new ResilientSocketListener(_listening, Connected, reserve, time, logs);
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
        // Told at once and a second later, not fifteen times.
        Assert.Equal(2, logs.Collector.GetSnapshot().Count(l => l.Id.Name == "AcceptFailed"));
        left = EmergencyDescriptors.Descriptors + 1;
        time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.NotNull(await EndAsync(accepting));
        Assert.False(listener.IsOutOfDescriptors);
        listener.Stop();
    }

    [Fact]
    public async Task Who_comes_while_connections_are_slow_to_be_made_waits_here_and_not_in_the_systems_short_queue()
    {
        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen(backlog: 1);
        var listener = new ResilientSocketListener(listening, Connected, _reserve, TimeProvider.System, NullLogger.Instance);
        var clients = new List<Socket>();
        // Nobody asks for one; in a queue of one the third would not come through.
        for (var i = 0; i < 200; i++) clients.Add(await ConnectAsync(listening));
        for (var i = 0; i < 100; i++) Assert.NotNull(await EndAsync(listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask()));
        listener.Stop();
        Assert.Null(await EndAsync(listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask()));
        // Closed, and not left to hang.
        foreach (var left in clients.Skip(100)) Assert.Equal(0, await EndAsync(left.ReceiveAsync(new byte[1])));
        clients.ForEach(c => c.Dispose());
    }

    [Fact]
    public async Task No_more_wait_here_than_there_are_places()
    {
        var listener = new CountingListener(_listening, _reserve, mostWaiting: 3);
        var clients = new List<Socket>();
        for (var i = 0; i < 6; i++) clients.Add(await ConnectAsync());
        for (var asked = 0; asked < 3; asked++)
        {
            await listener.LetInAsync(3 + asked);
            Assert.Equal(3 + asked, listener.Count);
            Assert.NotNull(await EndAsync(listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask()));
        }

        listener.Stop();
        clients.ForEach(c => c.Dispose());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(EmergencyDescriptors.Descriptors + 1)]
    public async Task Asked_to_stop_it_ends_at_once_whatever_it_waits_for(int descriptorsLeft)
    {
        var left = descriptorsLeft;
        using var reserve = new EmergencyDescriptors(() => left > 0 ? left-- : -1, _ => left++);
        var time = new TimeWithTimers();
        var listener = new ResilientSocketListener(_listening, Connected, reserve, time, NullLogger.Instance);
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

    /// <summary>A clock that tells when somebody has begun to wait.</summary>
    private sealed class TimeWithTimers : FakeTimeProvider
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

    private sealed class CountingListener(Socket socket, EmergencyDescriptors reserve, int mostWaiting)
        : ResilientSocketListener(socket, Connected, reserve, TimeProvider.System, NullLogger.Instance, mostWaiting)
    {
        private readonly SemaphoreSlim _letIn = new(0);
        private int _seen;
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public async Task LetInAsync(int count)
        {
            for (; _seen < count; _seen++) Assert.True(await _letIn.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        }

        protected override bool LetIn(Socket accepted)
        {
            Interlocked.Increment(ref _count);
            _letIn.Release();
            return true;
        }
    }

    private sealed class FailingListener(Socket socket, EmergencyDescriptors reserve) : ResilientSocketListener(socket, Connected, reserve, TimeProvider.System, NullLogger.Instance)
    {
        private int _calls;

        protected override bool LetIn(Socket accepted) => _calls++ == 0 ? throw new InvalidOperationException() : base.LetIn(accepted);
    }
}
