import Model

extension Double {
    /// To five digits, all of them before the point where there are more: readings err by more, and a record of them all has three
    /// quarters of the size.
    var recorded: Double {
        guard isFinite, self != 0 else { return self }
        var factor = 1.0
        while magnitude * factor < 10_000, factor < 1e15 { factor *= 10 }
        return (self * factor).rounded() / factor
    }
}

extension Model.Measurement {
    /// What was read of parts, again and again, in the digits that records hold.
    var withRecordedReadings: Model.Measurement {
        var measurement = self
        for index in measurement.usage.indices {
            measurement.usage[index].cores = measurement.usage[index].cores.mapValues(\.recorded)
        }
        if var signals = measurement.signals {
            for index in signals.series.indices {
                signals.series[index].values = signals.series[index].values.map { $0?.recorded }
            }
            measurement.signals = signals
        }
        for answer in measurement.prometheus.indices {
            for series in measurement.prometheus[answer].series.indices {
                let points = measurement.prometheus[answer].series[series].points
                measurement.prometheus[answer].series[series].points = points.map {
                    PrometheusPoint(time: $0.time, value: $0.value?.recorded)
                }
            }
        }
        return measurement
    }
}

extension SecondSample {
    /// With the distribution that most of its size would be for coarser, and readings in the digits that records hold.
    var recorded: SecondSample {
        var recorded = self
        // Whole it would be a third of the record, and nothing is decided by it.
        for task in tasks.indices { recorded.tasks[task].firstByte = tasks[task].firstByte.coarse }
        guard var loops = recorded.generator?.loops else { return recorded }
        for index in loops.indices {
            loops[index].cpu = loops[index].cpu.recorded
            loops[index].timerLag = loops[index].timerLag.recorded
            loops[index].cpuWait = loops[index].cpuWait?.recorded
        }
        recorded.generator?.loops = loops
        return recorded
    }
}
