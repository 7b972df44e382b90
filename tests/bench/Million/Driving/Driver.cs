using System.Buffers.Binary;
using System.Net;
using HeartbeatGateway.Million.Transport;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Million.Driving;

/// <summary>
/// One thread that drives its share of the clients. The server processes what a client sends on the same thread, before the next client sends.
/// On sockets, with the service's defaults, it processes it on the thread of the socket event in the same way.
/// </summary>
internal sealed class Driver : IMemoryPeer, IDisposable
{
    private readonly Plan _plan;
    private readonly int _number;
    private readonly MemoryListener _listener;
    private readonly TokenSigner _signer;
    private readonly Answers _answers;
    private readonly TimeProvider _time;
    private readonly Timetable _timetable;
    private readonly Client[] _clients;
    private readonly MemoryConnection?[] _connections;
    private readonly ManualResetEvent _stopping = new(initialState: false);
    private readonly Thread _thread;
    private int _nextToConnect;
    private int _broken;
    private long _lag;
    private TaskCompletionSource<long>? _counting;

    public Driver(Plan plan, int number, MemoryListener listener, TokenKeyring keyring, Answers answers, TimeProvider time)
    {
        (_plan, _number, _listener, _signer, _answers, _time) = (plan, number, listener, keyring.Keys[0].Named, answers, time);
        var count = plan.ClientsOf(number);
        _timetable = new Timetable(count, (int)plan.Connecting.TotalMilliseconds);
        _clients = new Client[count];
        _connections = new MemoryConnection?[count];
        _thread = new Thread(Run) { Name = $"driver {number}", IsBackground = true };
    }

    /// <summary>The state of the clients. Other threads may read values that are slightly old.</summary>
    public ReadOnlySpan<Client> Clients => _clients;

    /// <summary>The number of clients that have connected.</summary>
    public int Connects => Volatile.Read(ref _nextToConnect);

    /// <summary>The number of invalid answers and of pings that the server did not accept.</summary>
    public int Broken => Volatile.Read(ref _broken);

    /// <summary>The largest delay of a client's send behind its schedule, in milliseconds, since the last call.</summary>
    public long TakeLag() => Interlocked.Exchange(ref _lag, 0);

    /// <summary>
    /// The number of pings that were not answered. It is counted between two pings: the server processes a ping before the next one is sent, so
    /// no ping is in progress.
    /// </summary>
    public Task<long> CountUnansweredAsync()
    {
        var counting = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _counting, counting);
        return counting.Task;
    }

    public void Start()
    {
        var chance = new Random(unchecked(_plan.Seed + _number));
        foreach (ref var client in _clients.AsSpan()) client.SilentFrom = _plan.ChooseSilence(chance);
        _thread.Start();
    }

    /// <summary>Stops all sending.</summary>
    public void Stop()
    {
        _stopping.Set();
        _thread.Join();
    }

    /// <summary>Closes the connections of all clients.</summary>
    public void Close()
    {
        foreach (var connection in _connections) connection?.Hang();
    }

    public void Dispose() => _stopping.Dispose();

    void IMemoryPeer.Received(int client, ReadOnlySpan<byte> bytes)
    {
        try
        {
            _clients[client].PongsRead += _answers.Count(bytes);
        }
        catch (InvalidDataException)
        {
            Interlocked.Increment(ref _broken);
        }
    }

    void IMemoryPeer.Closed(int client) => Volatile.Write(ref _clients[client].ClosedAt, _time.GetTimestamp());

    private void Run()
    {
        for (var done = -1; !_stopping.WaitOne(1);)
        {
            var now = (int)_time.GetElapsedTime(_plan.Began).TotalMilliseconds;
            // After a pause of the process, the missed milliseconds are processed one after another.
            while (done < now)
            {
                done++;
                _lag = Math.Max(_lag, now - done);
                var ping = _signer.Ping(UnixSeconds()).Span;
                Connect(_timetable.Connecting(done).End.Value, ping);
                foreach (var due in _timetable.PingsDue(done)) Ping(due, ping);
            }

            if (Volatile.Read(ref _counting) is { Task.IsCompleted: false } counting)
            {
                counting.SetResult(_clients.Sum(c => (long)c.PingsSent - c.PongsRead));
            }
        }
    }

    private void Connect(int end, ReadOnlySpan<byte> ping)
    {
        // A client that finds the backlog full tries again a millisecond later.
        for (; _nextToConnect < end; _nextToConnect++)
        {
            var client = _nextToConnect;
            var connection = new MemoryConnection(this, client, AddressOf(client));
            if (_plan.IsNamed) connection.Send(Hello(client));
            connection.Send(ping);
            _clients[client].LastSent = _time.GetTimestamp();
            if (!_listener.TryConnect(connection)) return;
            _connections[client] = connection;
            _clients[client].PingsSent++;
        }
    }

    private void Ping(Range due, ReadOnlySpan<byte> ping)
    {
        for (var i = due.Start.Value; i < Math.Min(due.End.Value, _nextToConnect); i++)
        {
            ref var client = ref _clients[i];
            var now = _time.GetTimestamp();
            if (now >= client.SilentFrom || Volatile.Read(ref client.ClosedAt) != 0) continue;
            // Taken before the send: a silence measured from here is never too short.
            client.LastSent = now;
            client.PingsSent++;
            if (!_connections[i]!.Send(ping) && Volatile.Read(ref client.ClosedAt) == 0) Interlocked.Increment(ref _broken);
        }
    }

    private ReadOnlySpan<byte> Hello(int client)
    {
        var hello = new HelloPayload
        {
            ClientId = $"device-{_number}-{client:0000000}",
            Instance = $"{_plan.Seed:x8}",
            Attempt = 1,
            Nonce = $"{_plan.Seed:x8}-{_number}-{client:x8}",
        };
        return _signer.Encode(FrameKinds.Hello, hello.ToJson(), UnixSeconds()).Span;
    }

    /// <summary>The address of a client, in 10.0.0.0/8. Each client has a different one.</summary>
    private IPEndPoint AddressOf(int client)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (10u << 24) + ((uint)client * (uint)_plan.Drivers) + (uint)_number);
        return new IPEndPoint(new IPAddress(bytes), 50_000);
    }

    private long UnixSeconds() => _time.GetUtcNow().ToUnixTimeSeconds();
}
