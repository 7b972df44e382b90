using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Faults.Tests.Deliveries;

/// <summary>A back end that receives webhooks and fails on request.</summary>
internal sealed class FaultyReceiver : IAsyncDisposable
{
    private static readonly TimeSpan Slowness = TimeSpan.FromMilliseconds(300);

    private readonly WebApplication _app;
    private readonly long[] _requestsByMode = new long[Enum.GetValues<ReceiverMode>().Length];
    private volatile int _mode;
    private long _requests;
    private long _answered;
    private int _inProgress;

    private FaultyReceiver(WebApplication app) => _app = app;

    public ArrivedMessages Messages { get; } = new();

    /// <summary>How the next requests are treated.</summary>
    public ReceiverMode Mode
    {
        get => (ReceiverMode)_mode;
        set => _mode = (int)value;
    }

    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Events in requests that were answered with 200.</summary>
    public long Answered => Interlocked.Read(ref _answered);

    /// <summary>Requests that were treated in a way.</summary>
    public long RequestsIn(ReceiverMode mode) => Interlocked.Read(ref _requestsByMode[(int)mode]);

    public int Port => new Uri(_app.Urls.First()).Port;

    public static async Task<FaultyReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Any, 0));
        var app = builder.Build();
        var receiver = new FaultyReceiver(app);
        app.MapPost("/", receiver.ReceiveAsync);
        await app.StartAsync();
        return receiver;
    }

    /// <summary>Waits until no request has come and none was in progress for half a second.</summary>
    public async Task RestsAsync()
    {
        long seen;
        do
        {
            seen = Requests;
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        }
        while (Requests != seen || Volatile.Read(ref _inProgress) > 0);
    }

    public async ValueTask DisposeAsync()
    {
        // Requests that hang end with their connection.
        Mode = ReceiverMode.Closes;
        await _app.DisposeAsync();
    }

    private async Task ReceiveAsync(HttpContext context)
    {
        Interlocked.Increment(ref _inProgress);
        try
        {
            await AnswerAsync(context);
        }
        finally
        {
            Interlocked.Decrement(ref _inProgress);
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
        var mode = Mode;
        var number = Interlocked.Increment(ref _requests);
        Interlocked.Increment(ref _requestsByMode[(int)mode]);
        if (mode is ReceiverMode.Accepts or ReceiverMode.IsSlow || number % 2 == 0) Process(body.RootElement, Attempt(context));
        switch (mode)
        {
            case ReceiverMode.IsSlow:
                await Task.Delay(Slowness, TimeProvider.System, context.RequestAborted);
                break;
            case ReceiverMode.Fails:
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                break;
            case ReceiverMode.Hangs:
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                break;
            case ReceiverMode.Closes:
                context.Abort();
                break;
        }

        if (mode is ReceiverMode.Accepts or ReceiverMode.IsSlow) Interlocked.Add(ref _answered, body.RootElement.GetArrayLength());
    }

    private static int Attempt(HttpContext context) => int.Parse(context.Request.Headers["webhook-attempt"].ToString(), CultureInfo.InvariantCulture);

    private void Process(JsonElement batch, int attempt)
    {
        foreach (var e in batch.EnumerateArray())
        {
            if (e.GetProperty("type").GetString() != "heartbeatgateway.message") continue;
            var isMarked = attempt > 1 || (e.TryGetProperty("redelivered", out var redelivered) && redelivered.GetBoolean());
            var client = $"{e.GetProperty("subject").GetString()}/{e.GetProperty("instance").GetString()}";
            Messages.Note(client, long.Parse(e.GetProperty("number").GetString()!, CultureInfo.InvariantCulture), isMarked);
        }
    }
}
