using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace HeartbeatGateway.Tests.Transport;

/// <summary>Whatever goes wrong with one connection, the next one is accepted.</summary>
public sealed class PatientListenerTests : IDisposable
{
    private readonly Socket _listening = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly DescriptorReserve _reserve = new();

    public PatientListenerTests()
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
        var listener = new PatientListener(_listening, socket => calls++ < 3 ? throw failure : Connected(socket), _reserve, TimeProvider.System, logs);
        var accepting = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        for (var i = 0; i < 3; i++)
        {
            using var lost = await ConnectAsync();
            // Closed, and not left to hang.
            Assert.Equal(0, await lost.ReceiveAsync(new byte[1]).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken));
        }

        Assert.False(accepting.IsCompleted);
        using var next = await ConnectAsync();
        Assert.NotNull(await accepting.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken));
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
        Assert.Equal(0, await lost.ReceiveAsync(new byte[1]).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken));
        using var next = await ConnectAsync();
        Assert.NotNull(await accepting.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken));
        listener.Stop();
    }

    [Fact]
    public async Task A_storm_does_not_keep_the_thread_that_sockets_events_come_on()
    {
        var stack = "";
        var listener = new PatientListener(
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
        Assert.NotNull(await accepting.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken));
        Assert.DoesNotContain("System.Net.Sockets.", stack, StringComparison.Ordinal);
        listener.Stop();
    }

    [Fact]
    public async Task While_the_reserve_of_descriptors_cannot_be_held_nobody_is_accepted_and_then_the_one_who_waited()
    {
        var left = DescriptorReserve.Descriptors + 1;
        using var reserve = new DescriptorReserve(() => left-- > 0 ? left : -1, _ => { });
        left = 0;
        reserve.Release();
        var time = new FakeTimeProvider();
        var logs = new FakeLogger();
        var listener = new PatientListener(_listening, Connected, reserve, time, logs);
        using var client = await ConnectAsync();
        var accepting = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        for (var i = 0; i < 15; i++)
        {
            Assert.True(listener.IsOutOfDescriptors);
            Assert.False(accepting.IsCompleted);
            time.Advance(TimeSpan.FromMilliseconds(100));
        }

        // Told at once and a second later, not fifteen times.
        Assert.Equal(2, logs.Collector.GetSnapshot().Count(l => l.Id.Name == "AcceptFailed"));
        left = DescriptorReserve.Descriptors + 1;
        time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.NotNull(await accepting.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken));
        Assert.False(listener.IsOutOfDescriptors);
        listener.Stop();
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_listening.LocalEndPoint!);
        return socket;
    }

    private static DefaultConnectionContext Connected(Socket socket)
    {
        var context = new DefaultConnectionContext();
        context.ConnectionClosed.Register(socket.Dispose);
        return context;
    }

    private sealed class FailingListener(Socket socket, DescriptorReserve reserve) : PatientListener(socket, Connected, reserve, TimeProvider.System, NullLogger.Instance)
    {
        private int _calls;

        protected override ConnectionContext? Admit(Socket accepted) => _calls++ == 0 ? throw new InvalidOperationException() : base.Admit(accepted);
    }
}
