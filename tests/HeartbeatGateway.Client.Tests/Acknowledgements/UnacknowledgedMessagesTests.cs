using CsCheck;
using HeartbeatGateway.Client.Acknowledgements;
using HeartbeatGateway.Client.Queues;
using HeartbeatGateway.Client.Telemetry;

namespace HeartbeatGateway.Client.Tests.Acknowledgements;

/// <summary>The buffer against a list.</summary>
public sealed class UnacknowledgedMessagesTests
{
    private const int Capacity = 8;
    private const int MaxBytes = 2000;

    [Fact]
    public void Numbers_kept_messages_room_and_what_is_sent_again_match_a_list() => Gen.Int[0, 9].Select(Gen.Int[0, 300]).Array[0, 80].Sample(Check, iter: 2000);

    private static void Check((int Verb, int Amount)[] steps)
    {
        var messages = new UnacknowledgedMessages(Capacity, MaxBytes, TimeProvider.System, ClientMetrics.For(null));
        var kept = new List<(long Number, long Bytes)>();
        var resend = new List<long>();
        var (next, sent, resent, acknowledged) = (1L, 0L, 0L, 0L);
        foreach (var (verb, amount) in steps)
        {
            switch (verb)
            {
                case <= 3:
                    var frame = new OutgoingFrame([1], new byte[amount]);
                    if (frame.WireBytes > messages.Room) break;
                    Assert.Equal(next, messages.Add(frame).Number);
                    kept.Add((next++, frame.WireBytes));
                    sent++;
                    break;
                case 4:
                    messages.Skip(amount % 3);
                    next += amount % 3;
                    break;
                case 5 or 6:
                    var through = kept.Count == 0 ? 0 : kept[amount % kept.Count].Number;
                    Assert.True(messages.TryAcknowledge(through));
                    acknowledged += kept.RemoveAll(m => m.Number <= through);
                    resend.RemoveAll(n => n <= through);
                    break;
                case 7:
                    long? accepted = amount % 2 == 0 || kept.Count == 0 ? null : kept[0].Number;
                    acknowledged += kept.RemoveAll(m => m.Number <= accepted);
                    resend = [.. kept.Select(m => m.Number)];
                    Assert.Equal((kept.Count, resend.FirstOrDefault()), messages.Resume(accepted));
                    break;
                default:
                    Assert.Equal(resend.Count > 0, messages.TryResend(out var message));
                    if (resend.Count == 0) break;
                    Assert.Equal(resend[0], message.Number);
                    resend.RemoveAt(0);
                    if (amount % 4 == 0)
                    {
                        kept.RemoveAll(m => m.Number == message.Number);
                        messages.GiveUp(message, new InvalidOperationException());
                        messages.GiveUp(message, new InvalidOperationException());
                    }
                    else
                    {
                        messages.CountResent();
                        resent++;
                    }

                    break;
            }

            Assert.Equal(new AcknowledgementCounts(sent, acknowledged, resent, 0, kept.Count), messages.Read(0));
            Assert.Equal(kept.Count == 0 ? long.MaxValue : kept.Count < Capacity ? MaxBytes - kept.Sum(m => m.Bytes) : -1, messages.Room);
        }

        Assert.False(messages.TryAcknowledge(next + 1));
        Assert.Equal(kept.Count, messages.GiveUpAll(() => new InvalidOperationException()));
        Assert.Equal((0, long.MaxValue), (messages.Count, messages.Room));
    }
}
