using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Epoll.Native;
using HeartbeatGateway.Epoll.Tests.Support;

namespace HeartbeatGateway.Epoll.Tests;

public sealed class AcceptedSocketTests
{
    public AcceptedSocketTests() => Wire.SkipUnlessLinux();

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "::1", "::1")]
    [InlineData("::", "127.0.0.1", "::ffff:127.0.0.1")]
    public void The_remote_end_point_is_that_of_the_peer(string listens, string connects, string seen)
    {
        Assert.SkipUnless(!listens.Contains(':', StringComparison.Ordinal) || Socket.OSSupportsIPv6, "SKIPPED: this machine has no IPv6");
        using var listener = Listen(IPAddress.Parse(listens));
        var to = new IPEndPoint(IPAddress.Parse(connects), ((IPEndPoint)listener.LocalEndPoint!).Port);
        using var peer = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        peer.Connect(to);
        var accepted = AcceptedSocket.Accept(listener);
        Assert.Equal(new IPEndPoint(IPAddress.Parse(seen), ((IPEndPoint)peer.LocalEndPoint!).Port), accepted.RemoteEndPoint);
        Assert.Equal(0, Libc.Close(accepted.Descriptor));
    }

    [Fact]
    public async Task A_blocked_accept_ends_when_the_listening_socket_is_disposed()
    {
        for (var round = 0; round < 20; round++)
        {
            var listener = Listen(IPAddress.Loopback);
            var isAccepting = new TaskCompletionSource();
            var accept = Task.Factory.StartNew(
                () =>
                {
                    isAccepting.SetResult();
                    return AcceptedSocket.Accept(listener);
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
            await isAccepting.Task;
            // In half of the rounds the call has most likely begun.
            if (round % 2 == 0) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
            listener.Dispose();
            var failure = await Assert.ThrowsAnyAsync<Exception>(() => accept.WaitAsync(Peers.Patience));
            Assert.True(failure is SocketException or ObjectDisposedException, $"{failure}");
        }
    }

    [Fact]
    public void After_the_listening_socket_was_disposed_the_call_fails()
    {
        var listener = Listen(IPAddress.Loopback);
        listener.Dispose();
        Assert.Throws<ObjectDisposedException>(() => AcceptedSocket.Accept(listener));
    }

    [Fact]
    public void A_peer_of_an_unknown_address_family_is_closed()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            using var peer = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            peer.Connect(new UnixDomainSocketEndPoint(path));
            Assert.Throws<NotSupportedException>(() => AcceptedSocket.Accept(listener));
            Assert.Equal(0, peer.Receive(new byte[1]));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static Socket Listen(IPAddress address)
    {
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (address.Equals(IPAddress.IPv6Any)) listener.DualMode = true;
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen();
        return listener;
    }
}
