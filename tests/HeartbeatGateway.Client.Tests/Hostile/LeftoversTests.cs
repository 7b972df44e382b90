using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using HeartbeatGateway.Client.Tests.Support;
using HeartbeatGateway.Client.Transport;

namespace HeartbeatGateway.Client.Tests.Hostile;

/// <summary>What must not be left when everything that can go wrong has gone wrong.</summary>
public sealed class LeftoversTests
{
    [Fact]
    public async Task No_exception_goes_unobserved_and_no_client_stays_in_memory()
    {
        var unobserved = new ConcurrentQueue<string>();
        void Note(object? sender, UnobservedTaskExceptionEventArgs e)
        {
            // Other tests run beside this one, and drop tasks that are theirs.
            if (e.Exception.ToString().Contains("HeartbeatGateway.Client.", StringComparison.Ordinal) && !e.Exception.ToString().Contains(".Tests.", StringComparison.Ordinal)) unobserved.Enqueue(e.Exception.ToString());
        }

        TaskScheduler.UnobservedTaskException += Note;
        try
        {
            var clients = new List<WeakReference>();
            for (var i = 0; i < 20; i++) clients.Add(await LiveAndDieAsync(i));
            await Wait.UntilAsync(
                () =>
                {
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                    return clients.All(c => !c.IsAlive);
                },
                "the clients were collected");
            Assert.Empty(unobserved);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Note;
        }
    }

    /// <summary>A name that takes long to be not found, after nobody waits for it any more.</summary>
    [Fact]
    public async Task A_resolver_that_fails_after_it_was_given_up_harms_nobody()
    {
        var factory = new SocketTransportFactory(ClientHarness.Options, TimeProvider.System);
        using var leaving = new CancellationTokenSource();
        var resolving = factory.ResolveAsync("does-not-exist.invalid", leaving.Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => resolving.WaitAsync(Wait.Limit));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> LiveAndDieAsync(int round)
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { SendQueueCapacity = 2 });
        // Nobody looks at any of these.
        _ = harness.Client.Completion;
        _ = harness.Client.ConnectAsync();
        for (var i = 0; i < 4; i++) _ = harness.Client.SendAsync("message", default).AsTask().ContinueWith(sending => sending.Exception, TaskScheduler.Default);
        var server = await harness.Network.AcceptAsync();
        switch (round % 5)
        {
            case 0:
                await server.SendCloseAsync(Protocol.CloseReason.Banned, retry: false);
                await harness.States.UntilAsync(GatewayClientStatus.Stopped);
                break;
            case 1:
                server.Reset();
                await harness.States.UntilAsync(GatewayClientStatus.Waiting);
                break;
            case 2:
                await server.SendRawAsync("garbage!"u8.ToArray());
                await harness.States.UntilAsync(GatewayClientStatus.Waiting);
                break;
            case 3:
                await server.WelcomeAsync();
                server.Client.Pipe.FailWrites = true;
                await harness.States.UntilAsync(GatewayClientStatus.Connected);
                break;
            default:
                break;
        }

        return new WeakReference(harness.Client);
    }
}
