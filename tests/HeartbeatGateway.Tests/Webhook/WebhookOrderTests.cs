using System.Collections.Concurrent;
using System.Net;

namespace HeartbeatGateway.Tests.Webhook;

/// <summary>The order of each client under random faults, with several lanes.</summary>
public sealed class WebhookOrderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Each_client_s_messages_arrive_in_order_and_duplicates_are_marked_whatever_fails(int seed)
    {
        const int Clients = 40;
        const int Messages = 50;
        await using var rig = new WebhookRig(o => (o.Lanes, o.MaxBatchEvents, o.MaxWaitingMessages, o.Timeout) = (4, 7, 200, TimeSpan.FromSeconds(2)));
        var random = new Random(seed);
        var seen = new ConcurrentDictionary<string, List<int>>(StringComparer.Ordinal);
        var unmarked = new ConcurrentQueue<string>();
        rig.Script = async (request, cancellationToken) =>
        {
            int fate;
            lock (random) fate = random.Next(10);
            // Also what fails afterwards may have been processed.
            var isProcessed = fate is < 5 or 5 or 6;
            if (isProcessed) Process(request);
            switch (fate)
            {
                case < 5: return new HttpResponseMessage(HttpStatusCode.OK);
                case 5 or 7: return new HttpResponseMessage(HttpStatusCode.InternalServerError);
                case 6: throw new HttpRequestException(HttpRequestError.ResponseEnded);
                case 8 when request.Events.Count > 1: return new HttpResponseMessage(HttpStatusCode.RequestEntityTooLarge);
                case 9:
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
                    throw new InvalidOperationException("The delay has no end.");
                default: return new HttpResponseMessage(HttpStatusCode.TooManyRequests);
            }
        };
        var senders = Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            for (var i = 0; i < Messages; i++) await rig.Sink.AcceptAsync(rig.Message($"{client}:{i}", $"pump-{client}"), TestContext.Current.CancellationToken);
        })));
        await rig.UntilAsync(() => rig.Books.Delivered == Clients * Messages, TimeSpan.FromMilliseconds(500));
        await senders;
        Assert.Equal(Clients, seen.Count);
        foreach (var (client, numbers) in seen)
        {
            // The first sight of each number is in order; what was seen before may come again.
            Assert.True(numbers.Distinct().SequenceEqual(Enumerable.Range(0, Messages)), $"{client}: {string.Join(",", numbers)}");
        }

        Assert.Empty(unmarked);

        void Process(ReceivedRequest request)
        {
            foreach (var text in request.Texts)
            {
                var numbers = seen.GetOrAdd(text.Split(':')[0], _ => []);
                var number = int.Parse(text.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
                if (numbers.Contains(number) && request.Attempt == 1) unmarked.Enqueue(text);
                numbers.Add(number);
            }
        }
    }
}
