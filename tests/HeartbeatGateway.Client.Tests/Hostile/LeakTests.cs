using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using HeartbeatGateway.Client.Tests.Support;
using HeartbeatGateway.Client.Transport;

namespace HeartbeatGateway.Client.Tests.Hostile;

/// <summary>After failures of all kinds, no unobserved exception and no client remains in memory.</summary>
[Collection(nameof(Alone))]
public sealed class LeakTests
{
    [Fact]
    public async Task Leaves_no_unobserved_exception_and_no_client_in_memory()
    {
        var unobserved = new ConcurrentQueue<string>();
        void Note(object? sender, UnobservedTaskExceptionEventArgs e)
        {
            // A failure of the test's own network is not one of the client.
            var text = e.Exception.ToString();
            var isOfClient = text.Contains("HeartbeatGateway.Client.", StringComparison.Ordinal) && !text.Contains(".Tests.", StringComparison.Ordinal);
            if (isOfClient) unobserved.Enqueue(text);
        }

        // The event is one for the whole process. Tests that ran before must not raise it here.
        CollectAll();
        CollectAll();
        TaskScheduler.UnobservedTaskException += Note;
        try
        {
            var clients = new List<WeakReference>();
            for (var i = 0; i < 20; i++) clients.Add(await RunAndDisposeAsync(i));
            await Wait.UntilAsync(
                () =>
                {
                    CollectAll();
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

    /// <summary>The resolution of a name fails after its wait was cancelled.</summary>
    [Fact]
    public async Task A_resolver_that_fails_after_cancellation_does_no_harm()
    {
        var factory = new SocketTransportFactory(ClientHarness.Options, TimeProvider.System);
        using var cancel = new CancellationTokenSource();
        var resolving = factory.ResolveAsync("does-not-exist.invalid", cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => resolving.WaitAsync(Wait.Limit));
    }

    private static void CollectAll()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> RunAndDisposeAsync(int round)
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { SendQueueCapacity = 2 });
        // Nothing awaits these tasks.
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
