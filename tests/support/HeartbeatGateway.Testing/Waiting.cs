using Xunit;

namespace HeartbeatGateway.Testing;

/// <summary>Waits for what other processes and tasks do, by asking again and again. What a fake clock can bring about needs no waiting.</summary>
public static class Waiting
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private static readonly TimeProvider Time = TimeProvider.System;

    /// <summary>Waits until a condition holds.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="describe">What is wrong while it does not hold, for the exception.</param>
    /// <param name="within">How long to wait at most.</param>
    /// <param name="interval">The pause between two looks, for conditions that are costly to look at; null for 50 ms.</param>
    /// <returns>How long it took.</returns>
    /// <exception cref="TimeoutException">The condition does not hold in time.</exception>
    public static async Task<TimeSpan> UntilAsync(Func<Task<bool>> condition, Func<string> describe, TimeSpan within, TimeSpan? interval = null)
    {
        var began = Time.GetTimestamp();
        while (!await condition())
        {
            if (Time.GetElapsedTime(began) > within) throw new TimeoutException($"After {within.TotalSeconds} s {describe()}.");
            await Task.Delay(interval ?? Interval, Time);
        }

        return Time.GetElapsedTime(began);
    }

    /// <inheritdoc cref="UntilAsync(Func{Task{bool}}, Func{string}, TimeSpan)"/>
    public static Task<TimeSpan> UntilAsync(Func<bool> condition, Func<string> describe, TimeSpan within) =>
        UntilAsync(() => Task.FromResult(condition()), describe, within);

    /// <summary>Waits until a condition holds, 30 s at most.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="expected">The condition in words, for the exception.</param>
    /// <returns>How long it took.</returns>
    /// <exception cref="TimeoutException">The condition does not hold in time.</exception>
    public static Task<TimeSpan> UntilAsync(Func<Task<bool>> condition, string expected) => UntilAsync(condition, () => $"it has not come about that {expected}", Bound);

    /// <inheritdoc cref="UntilAsync(Func{Task{bool}}, string)"/>
    public static Task<TimeSpan> UntilAsync(Func<bool> condition, string expected) => UntilAsync(() => Task.FromResult(condition()), expected);

    /// <summary>Lets real time pass, where a fault has to last.</summary>
    public static Task For(TimeSpan time) => Task.Delay(time, Time);

    /// <summary>Writes a line into the output of the test.</summary>
    public static void Write(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
