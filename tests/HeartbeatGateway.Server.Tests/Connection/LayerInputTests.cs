using System.IO.Pipelines;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Testing;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server.Tests.Connection;

/// <summary>A layer between transport and read loop, such as TLS, reads through <see cref="LayerInput"/>.</summary>
public sealed class LayerInputTests
{
    [Fact]
    public async Task Bytes_that_never_become_data_end_the_connection_with_a_log_line()
    {
        using var gateway = new EngineHarness();
        var layer = new SwallowingLayer();
        var client = gateway.ConnectThrough(layer.RunAsync);
        for (var sent = 0; sent <= LayerInput.MaxBytesWithoutData; sent += 1024) await client.SendAsync(new byte[1024]);
        await client.Handler;
        Assert.Equal(1, gateway.Closed("tls_failed"));
        Assert.Contains("without a byte of data", Assert.Single(gateway.Logs.GetSnapshot(), l => l.Id.Name == "TlsFailed").Message, StringComparison.Ordinal);
        Assert.InRange(layer.Read, LayerInput.MaxBytesWithoutData, LayerInput.MaxBytesWithoutData + 2048);
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task A_connection_that_delivers_data_can_send_any_number_of_bytes()
    {
        using var gateway = new EngineHarness();
        // This layer passes all bytes on, as TLS does with data.
        var client = gateway.ConnectThrough((connection, next) => next(connection));
        for (var i = 0; i < 3 * LayerInput.MaxBytesWithoutData / 158; i++)
        {
            await client.PingAsync();
            client.DiscardAnswers();
        }

        Assert.False(client.Handler.IsCompleted);
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.connections.closed"));
    }

    [Fact]
    public async Task Bytes_that_a_layer_looks_at_before_it_takes_them_are_no_flood()
    {
        using var gateway = new EngineHarness();
        var client = gateway.ConnectThrough((connection, next) => new HesitantLayer().RunAsync(connection, next));
        // More than the bound, in one read: a client that sent while its thread was busy.
        var pings = Enumerable.Repeat(client.Ping, 3 * LayerInput.MaxBytesWithoutData / 158).SelectMany(p => p).ToArray();
        await client.SendAsync(pings);
        for (var i = 0; i < 3 * LayerInput.MaxBytesWithoutData / 158; i++) Assert.Equal("ping", (await client.ReadFrameAsync()).Type);
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.connections.closed"));
    }

    [Fact]
    public async Task A_layer_that_reads_after_the_end_is_stopped_by_its_cancelled_token()
    {
        using var gateway = new EngineHarness();
        var layer = new SwallowingLayer();
        var client = gateway.ConnectThrough(layer.RunAsync);
        await client.SendAsync(new byte[10]);
        await layer.Cancel.CancelAsync();
        await client.SendAsync(new byte[10]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => layer.Reading);
    }

    /// <summary>Looks at what has come before it takes a part of it, and passes all bytes on: as TLS does with a read of zero bytes before each read.</summary>
    private sealed class HesitantLayer
    {
        private readonly Pipe _pipe = new(new PipeOptions(useSynchronizationContext: false));

        public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
        {
            var plain = connection.Transport;
            var passing = PassAsync(plain.Input);
            connection.Transport = new Duplex(_pipe.Reader, plain.Output);
            await next(connection);
            connection.Transport = plain;
            plain.Input.CancelPendingRead();
            await passing;
        }

        private async Task PassAsync(PipeReader input)
        {
            while (true)
            {
                var look = await input.ReadAsync();
                input.AdvanceTo(look.Buffer.Start);
                if (look.IsCompleted || look.IsCanceled) break;
                var read = await input.ReadAsync();
                var part = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, 4096));
                foreach (var segment in part) await _pipe.Writer.WriteAsync(segment);
                input.AdvanceTo(part.End);
            }

            await _pipe.Writer.CompleteAsync();
        }

        private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
    }

    /// <summary>Reads all bytes and passes none on, as TLS does with KeyUpdate records.</summary>
    private sealed class SwallowingLayer
    {
        public CancellationTokenSource Cancel { get; } = new();

        public long Read { get; private set; }

        public Task Reading { get; private set; } = Task.CompletedTask;

        public Task RunAsync(ConnectionContext connection, ConnectionDelegate next) => Reading = SwallowAsync(connection.Transport.Input);

        private async Task SwallowAsync(PipeReader input)
        {
            while (true)
            {
                var read = await input.ReadAsync(Cancel.Token);
                Read += read.Buffer.Length;
                input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted) return;
            }
        }
    }
}
