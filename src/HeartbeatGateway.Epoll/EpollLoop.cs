using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using HeartbeatGateway.Epoll.Native;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Epoll;

/// <summary>One thread that waits for events of its connections and runs their programs.</summary>
internal sealed unsafe class EpollLoop : IWatchedLoop, IDisposable
{
    /// <summary>The end does not wait longer for a program that blocks the loop.</summary>
    private static readonly TimeSpan MaxEnd = TimeSpan.FromSeconds(2);

    private const int MaxEvents = 512;
    private const int Add = 1;
    private const int Delete = 2;
    private const int Modify = 3;

    [ThreadStatic]
    private static EpollLoop? _current;

    private readonly Thread _thread;
    private DescriptorGuard _epoll;
    private DescriptorGuard _wake;
    private LoopPing _ping;
    private EpollConnection? _serving;
    private uint _served;
    private volatile bool _isWaiting;
    private volatile bool _isBlocked;
    private volatile bool _isStopping;
    private volatile bool _hasEnded;

    public EpollLoop(int number, bool isInline, ILogger logger)
    {
        (Number, IsInline, Logger) = (number, isInline, logger);
        _epoll = new DescriptorGuard(Check(Libc.EpollCreate()));
        _wake = new DescriptorGuard(Check(Libc.EventFd()));
        if (Watch(_wake.Descriptor, EpollEventLayout.In, ConnectionSlots.NoConnection, isNew: true) is not 0 and var error) throw new Win32Exception(error);
        _thread = new Thread(Run) { IsBackground = true, Name = string.Create(CultureInfo.InvariantCulture, $"epoll {number}") };
        _thread.Start();
    }

    /// <summary>The loop whose thread this is.</summary>
    public static EpollLoop? Current => _current;

    public int Number { get; }

    /// <summary>Programs go on on this loop's thread.</summary>
    public bool IsInline { get; }

    public ConnectionSlots Connections { get; } = new();

    public ILogger Logger { get; }

    /// <summary>Times that the thread has waited for events.</summary>
    public long Waits { get; private set; }

    /// <summary>Changes with each wait; null while the thread waits.</summary>
    public int? Round => _isWaiting ? null : unchecked((int)Waits);

    public int ConnectionCount => Connections.Count;

    public ConnectionContext? Serving => Volatile.Read(ref _serving);

    public uint Served => Volatile.Read(ref _served);

    public bool IsPinged => _ping.IsAsked;

    public bool IsBlocked
    {
        get => _isBlocked;
        set => _isBlocked = value;
    }

    /// <summary>What the next bytes are received into.</summary>
    public ReceiveBlock Block { get; private set; } = ReceiveBlock.Rent();

    /// <returns>0, or an errno; 0 also when the loop has ended, which ends its connections.</returns>
    public int Watch(int descriptor, uint interest, ulong key, bool isNew)
    {
        Span<byte> change = stackalloc byte[EpollEventLayout.Aligned.Size];
        EpollEventLayout.Current.Write(change, interest, key);
        fixed (byte* pointer = change) return Control(isNew ? Add : Modify, descriptor, pointer);
    }

    public void Remove(int descriptor) => Control(Delete, descriptor, null);

    /// <summary>Asks the loop for an answer.</summary>
    /// <returns>Completes on the thread pool: when the loop has got to the question, or has ended.</returns>
    public Task PingAsync()
    {
        var answer = _ping.Ask();
        Wake();
        if (_hasEnded) _ping.Answer();
        return answer;
    }

    /// <summary>Ends the thread. A program that blocks it is not waited for: its thread ends when the program returns, or with the process.</summary>
    public void Dispose()
    {
        if (_isStopping) return;
        _isStopping = true;
        Wake();
        if (Current != this) _thread.Join(MaxEnd);
    }

    private static int Check(int descriptor) => descriptor >= 0 ? descriptor : throw new Win32Exception(Marshal.GetLastPInvokeError());

    private int Control(int operation, int descriptor, byte* change)
    {
        if (!_epoll.TryEnter()) return 0;
        var error = Libc.EpollControl(_epoll.Descriptor, operation, descriptor, change) == 0 ? 0 : Marshal.GetLastPInvokeError();
        _epoll.Leave();
        return error;
    }

    private void Wake()
    {
        if (!_wake.TryEnter()) return;
        Libc.Signal(_wake.Descriptor);
        _wake.Leave();
    }

    private void Run()
    {
        _current = this;
        var layout = EpollEventLayout.Current;
        var bytes = MaxEvents * layout.Size;
        var events = (byte*)NativeMemory.Alloc((nuint)bytes);
        try
        {
            while (!_isStopping)
            {
                Waits++;
                _isWaiting = true;
                var count = Libc.EpollWait(_epoll.Descriptor, events, MaxEvents, -1);
                _isWaiting = false;
                // Any other failure is a fault of this code, and a loop that goes on would spin.
                if (count < 0 && Marshal.GetLastPInvokeError() is not Libc.EINTR and var error) throw new Win32Exception(error);
                var list = new ReadOnlySpan<byte>(events, bytes);
                for (var i = 0; i < count; i++) Serve(layout.Events(list, i), layout.Data(list, i));
            }
        }
        finally
        {
            NativeMemory.Free(events);
            End();
        }
    }

    private void Serve(uint events, ulong key)
    {
        if (key == ConnectionSlots.NoConnection)
        {
            // In this order: who asks after the answer was given has signalled again.
            Libc.TakeSignals(_wake.Descriptor);
            _ping.Answer();
            return;
        }

        if (Connections.Find(key) is not { } connection) return;
        // Plain writes, since every event pays for them. The watch compares two looks that are far apart.
        _served++;
        _serving = connection;
        try
        {
            connection.OnEvents(events);
        }
        catch (Exception e)
        {
            connection.OnProgramFailed(e);
        }

        if (Block.IsKept()) Block = ReceiveBlock.Rent();
        _serving = null;
    }

    private void End()
    {
        _wake.Close();
        _epoll.Close();
        _hasEnded = true;
        _ping.Answer();
    }
}
