using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Faults.Tests.Support;

/// <summary>
/// A client that pings every second on one connection and records how long each answer took. It must be answered whatever the test does to
/// other clients.
/// </summary>
internal sealed class Canary : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<TimeSpan> _answers = new();
    private readonly FrameStream _frames;
    private Stream? _tls;
    private Task _pinging = Task.CompletedTask;

    private Canary(TokenScheme scheme) => _frames = new FrameStream(ReceiveAsync, scheme);

    /// <summary>The local port of the canary's connection.</summary>
    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <summary>How long each answer took.</summary>
    public IReadOnlyList<TimeSpan> Answers => [.. _answers];

    /// <summary>Connects and waits for the first answer.</summary>
    public static async Task<Canary> StartAsync(ClientPort gateway, TokenScheme scheme = TokenScheme.HmacSha256)
    {
        var canary = new Canary(scheme);
        await canary._socket.ConnectAsync(gateway.EndPoint);
        canary._tls = await gateway.SecureAsync(canary._socket, ownsSocket: false);
        await canary.PingAsync();
        canary._pinging = Task.Run(canary.RunAsync);
        return canary;
    }

    /// <summary>Waits for one more answer; throws if the connection has ended.</summary>
    public async Task AssertAliveAsync()
    {
        var answered = _answers.Count;
        for (var waited = TimeSpan.Zero; _answers.Count == answered && !_pinging.IsCompleted; waited += Interval)
        {
            if (waited > TimeSpan.FromSeconds(30)) throw new TimeoutException($"The canary was not answered for {waited.TotalSeconds} s.");
            await Task.Delay(Interval, _time);
        }

        if (_pinging.IsCompleted) await _pinging;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _pinging.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _socket.Dispose();
        _tls?.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Interval, _time);
        while (!_stop.IsCancellationRequested)
        {
            await timer.WaitForNextTickAsync(_stop.Token);
            await PingAsync();
        }
    }

    private ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        _tls?.ReadAsync(buffer, cancellationToken) ?? _socket.ReceiveAsync(buffer, cancellationToken);

    private async Task PingAsync()
    {
        var began = _time.GetTimestamp();
        var ping = TestSecrets.ClientKeyring().Keys[0].Bare.Ping(_time.GetUtcNow().ToUnixTimeSeconds());
        if (_tls is not null) await _tls.WriteAsync(ping, _stop.Token);
        else await _socket.SendAsync(ping, _stop.Token);
        // Broadcast frames may arrive before the answer.
        while (await _frames.ReadAsync(_stop.Token) is var frame && frame?.Type != "ping")
        {
            if (frame is null) throw new EndOfStreamException("The gateway closed the canary's connection.");
        }

        _answers.Enqueue(_time.GetElapsedTime(began));
    }
}
